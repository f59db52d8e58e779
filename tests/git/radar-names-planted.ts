// Pairs of changes that merge without a conflict and do not hold together.

import {
  GO,
  JAVA,
  type Planted,
  PY,
  RS,
  TS,
  USER_GO,
  USER_PY,
  USER_RS,
  USER_TS,
  USER_TS_RENAMED,
  USERS_JAVA,
  without,
} from "./radar-names-texts.ts";

export const PLANTED: readonly Planted[] = [
  {
    about: "ts: a renamed function is newly imported",
    base: TS,
    a: { "src/user.ts": USER_TS_RENAMED },
    b: {
      "src/login.ts":
        'import { parseUser } from "./user.ts";\n\nexport const login = (text: string) => parseUser(text);\n',
    },
    warns: "parseUser a src/user.ts src/login.ts",
  },
  {
    about: "ts: a removed type is newly imported as a type, from a directory below",
    base: TS,
    a: {
      "src/user.ts": without(USER_TS, "export interface User", "export function parseUser")
        .replaceAll(": User", ": object")
        .replace("user.id", "String(user)"),
    },
    b: {
      "src/ui/card.tsx":
        'import type {\n  User,\n} from "../user";\n\nexport const Card = (user: User) => <b>{user.id}</b>;\n',
    },
    warns: "User a src/user.ts src/ui/card.tsx",
  },
  {
    about: "ts: a deleted module is newly used by its namespace",
    base: TS,
    a: { "src/user.ts": null },
    b: { "src/app.ts": 'import * as users from "./user.js";\n\nexport const app = users.showUser;\n' },
    warns: "showUser a src/user.ts src/app.ts",
  },
  {
    about: "js: what module.exports no longer has is newly required",
    base: {
      "lib/math.js":
        "function add(a, b) {\n  return a + b;\n}\n\nfunction sub(a, b) {\n  return a - b;\n}\n\nmodule.exports = { add, sub };\n",
      "index.js": "console.log(1);\n",
    },
    a: { "index.js": 'const { sub } = require("./lib/math");\nconsole.log(sub(2, 1));\n' },
    b: { "lib/math.js": "function add(a, b) {\n  return a + b;\n}\n\nmodule.exports = { add };\n" },
    warns: "sub b lib/math.js index.js",
  },
  {
    about: "ts: a helper that one side took away is newly called in the same file",
    base: {
      "src/list.ts":
        "function clamp(n: number) {\n  return Math.max(0, n);\n}\n\nexport function first(all: number[]) {\n  return clamp(all[0] ?? 0);\n}\n\nexport const A = 1;\nexport const B = 2;\nexport const C = 3;\nexport const D = 4;\n\nexport function last(all: number[]) {\n  return all.at(-1);\n}\n",
    },
    a: {
      "src/list.ts":
        "export function first(all: number[]) {\n  return Math.max(0, all[0] ?? 0);\n}\n\nexport const A = 1;\nexport const B = 2;\nexport const C = 3;\nexport const D = 4;\n\nexport function last(all: number[]) {\n  return all.at(-1);\n}\n",
    },
    b: {
      "src/list.ts":
        "function clamp(n: number) {\n  return Math.max(0, n);\n}\n\nexport function first(all: number[]) {\n  return clamp(all[0] ?? 0);\n}\n\nexport const A = 1;\nexport const B = 2;\nexport const C = 3;\nexport const D = 4;\n\nexport function last(all: number[]) {\n  return clamp(all.at(-1) ?? 0);\n}\n",
    },
    warns: "clamp a src/list.ts src/list.ts",
  },
  {
    about: "ts: an alias of the top leads to a constant that is gone",
    base: {
      "app/lib/limits.ts": "export const MAX = 1,\n  MIN = 0;\nexport const STEP = 2;\n",
      "app/page.ts": "export {};\n",
    },
    a: { "app/lib/limits.ts": "export const MAX = 1,\n  MIN = 0;\n" },
    b: { "app/page.ts": 'import { MAX, STEP as step } from "@/lib/limits";\nexport const page = MAX + step;\n' },
    warns: "STEP a app/lib/limits.ts app/page.ts",
  },
  {
    about: "py: a renamed function is newly imported",
    base: PY,
    a: { "shop/user.py": USER_PY.replaceAll("parse_user", "read_user") },
    b: { "shop/login.py": "from shop.user import parse_user\n\nprint(parse_user('a'))\n" },
    warns: "parse_user a shop/user.py shop/login.py",
  },
  {
    about: "py: a removed class is newly imported, relatively and in brackets",
    base: PY,
    a: { "shop/user.py": without(USER_PY, "class User", "def show_user") },
    b: { "shop/app.py": "import os\nfrom .user import (\n    User,\n    show_user,\n)\n\nshow_user(User())\n" },
    warns: "User a shop/user.py shop/app.py",
  },
  {
    about: "py: what a module no longer has is newly used through it",
    base: PY,
    a: { "tools/run.py": "from shop import user\n\nprint(user.LIMIT)\n" },
    b: { "shop/user.py": USER_PY.replace("LIMIT = 10\n\n\n", "") },
    warns: "LIMIT b shop/user.py tools/run.py",
  },
  {
    about: "py: a deleted module is newly imported by another name",
    base: PY,
    a: { "shop/user.py": null },
    b: { "shop/app.py": "import shop.user as u\n\nu.show_user(1)\n" },
    warns: "show_user a shop/user.py shop/app.py",
  },
  {
    about: "go: a renamed function is newly called from another package",
    base: GO,
    a: { "user/user.go": USER_GO.replaceAll("ParseUser", "ReadUser") },
    b: { "cmd/main.go": 'package main\n\nimport "example.com/shop/user"\n\nfunc main() {\n\tuser.ParseUser("a")\n}\n' },
    warns: "ParseUser a user/user.go cmd/main.go",
  },
  {
    about: "go: a removed function is newly called in its package",
    base: GO,
    a: { "user/user.go": without(USER_GO, "func ParseUser", "func ShowUser") },
    b: { "user/load.go": 'package user\n\nfunc Load() User {\n\treturn ParseUser("x")\n}\n' },
    warns: "ParseUser a user/user.go user/load.go",
  },
  {
    about: "go: a constant of a group is gone, and newly used under an alias",
    base: { ...GO, "user/limits.go": "package user\n\nconst (\n\tMax = 10\n\tMin = 1\n)\n" },
    a: { "user/limits.go": "package user\n\nconst (\n\tMax = 10\n)\n" },
    b: {
      "cmd/main.go":
        'package main\n\nimport (\n\t"fmt"\n\tu "example.com/shop/user"\n)\n\nfunc main() {\n\tfmt.Println(u.Min)\n}\n',
    },
    warns: "Min a user/limits.go cmd/main.go",
  },
  {
    about: "go: a type is renamed and newly embedded",
    base: GO,
    a: { "user/admin.go": "package user\n\ntype Admin struct {\n\tUser\n\tLevel int\n}\n" },
    b: { "user/user.go": USER_GO.replaceAll(/\bUser\b/g, "Account") },
    warns: "User b user/user.go user/admin.go",
  },
  {
    about: "rust: a renamed function is newly brought in",
    base: RS,
    a: { "src/user.rs": USER_RS.replaceAll("parse_user", "read_user") },
    b: { "src/app.rs": 'use crate::user::{parse_user, User};\n\npub fn start() -> User {\n    parse_user("a")\n}\n' },
    warns: "parse_user a src/user.rs src/app.rs",
  },
  {
    about: "rust: a removed function is newly called by its path, through super",
    base: RS,
    a: { "src/user.rs": without(`${USER_RS}// end\n`, "pub fn show_user", "// end") },
    b: {
      "src/app.rs": "use super::user;\n\npub fn start(one: &user::User) -> String {\n    user::show_user(one)\n}\n",
    },
    warns: "show_user a src/user.rs src/app.rs",
  },
  {
    about: "rust: a struct of another crate of the workspace is gone",
    base: {
      "shop-core/src/lib.rs": "pub mod user;\n",
      "shop-core/src/user.rs": USER_RS,
      "shop-cli/src/main.rs": "fn main() {}\n",
    },
    a: { "shop-core/src/user.rs": USER_RS.replaceAll(/\bUser\b/g, "Account") },
    b: { "shop-cli/src/main.rs": "use shop_core::user::User as U;\n\nfn main() {\n    let _u: Option<U> = None;\n}\n" },
    warns: "User a shop-core/src/user.rs shop-cli/src/main.rs",
  },
  {
    about: "java: a renamed static method is newly called",
    base: JAVA,
    a: { "src/com/acme/shop/Users.java": USERS_JAVA.replace("User parse(", "User read(") },
    b: {
      "src/com/acme/App.java":
        'package com.acme;\n\nimport com.acme.shop.Users;\n\npublic class App {\n    Object load() {\n        return Users.parse("a");\n    }\n}\n',
    },
    warns: "parse a src/com/acme/shop/Users.java src/com/acme/App.java",
  },
  {
    about: "java: a deleted class is newly used in its package",
    base: JAVA,
    a: { "src/com/acme/shop/Users.java": null },
    b: { "src/com/acme/shop/Load.java": "package com.acme.shop;\n\nclass Load {\n    Users users = new Users();\n}\n" },
    warns: "Users a src/com/acme/shop/Users.java src/com/acme/shop/Load.java",
  },
  {
    about: "java: a removed method is newly called on a variable",
    base: JAVA,
    a: { "src/com/acme/shop/Users.java": `${USERS_JAVA.slice(0, USERS_JAVA.indexOf("    public String show"))}}\n` },
    b: {
      "src/com/acme/App.java":
        "package com.acme;\n\nimport com.acme.shop.User;\nimport com.acme.shop.Users;\n\npublic class App {\n    String show(Users all, User one) {\n        return all.show(one);\n    }\n}\n",
    },
    warns: "show a src/com/acme/shop/Users.java src/com/acme/App.java",
  },
];
