// Pairs of changes that merge, hold together, and look nearly as if they did not.

import {
  type Case,
  GO,
  JAVA,
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

export const CLEAN: readonly Case[] = [
  {
    about: "ts: another name is taken away than the one that is newly used",
    base: TS,
    a: { "src/user.ts": without(`${USER_TS}// end\n`, "export function showUser", "// end") },
    b: { "src/login.ts": 'import { parseUser } from "./user.ts";\nparseUser("a");\n' },
  },
  {
    about: "ts: a name of another module that has the same name",
    base: { ...TS, "lib/user.ts": USER_TS },
    a: { "src/user.ts": USER_TS_RENAMED },
    b: { "src/login.ts": 'import { parseUser } from "../lib/user.ts";\nparseUser("a");\n' },
  },
  {
    about: "ts: moved to another module, and handed on from the old one",
    base: TS,
    a: {
      "src/user.ts": `export { parseUser } from "./parse.ts";\n${without(USER_TS, "export function parseUser", "export function showUser")}`,
      "src/parse.ts": "export function parseUser(text: string) {\n  return JSON.parse(text);\n}\n",
    },
    b: { "src/login.ts": 'import { parseUser } from "./user.ts";\nparseUser("a");\n' },
  },
  {
    about: "ts: a module becomes a directory with an index",
    base: TS,
    a: { "src/user.ts": null, "src/user/index.ts": USER_TS },
    b: { "src/login.ts": 'import { parseUser } from "./user";\nparseUser("a");\n' },
  },
  {
    about: "ts: everything of another module is handed on",
    base: TS,
    a: { "src/user.ts": 'export * from "./people.ts";\n', "src/people.ts": USER_TS },
    b: { "src/login.ts": 'import { parseUser } from "./user";\nparseUser("a");\n' },
  },
  {
    about: "ts: the name stands in a comment and in a string only",
    base: TS,
    a: { "src/user.ts": USER_TS_RENAMED },
    b: {
      "src/login.ts":
        '// import { parseUser } from "./user.ts";\nexport const help = `import { parseUser } from "./user.ts"`;\n',
    },
  },
  {
    about: "ts: a function becomes a constant among several",
    base: TS,
    a: {
      "src/user.ts": USER_TS.replace(
        "export function parseUser(text: string): User {\n  return JSON.parse(text);\n}",
        "export const limit = 1, parseUser = (text: string): User => JSON.parse(text);",
      ),
    },
    b: { "src/login.ts": 'import { parseUser } from "./user.ts";\nparseUser("a");\n' },
  },
  {
    about: "js: a local of the same name in the same file",
    base: { "a.js": "function pick(x) {\n  return x;\n}\n\npick(1);\n\n\n\n\nconst rest = 1;\n" },
    a: { "a.js": "\n\n\n\nconst rest = 1;\n" },
    b: {
      "a.js":
        "function pick(x) {\n  return x;\n}\n\npick(1);\n\n\n\n\nconst rest = 1;\n\nexport const f = (all) => {\n  const pick = all[0];\n  return pick;\n};\n",
    },
  },
  {
    about: "py: another function of that name, in another package",
    base: { ...PY, "people/user.py": USER_PY },
    a: { "shop/user.py": USER_PY.replaceAll("parse_user", "read_user") },
    b: { "shop/login.py": "from people.user import parse_user\n\nparse_user('a')\n" },
  },
  {
    about: "py: what was a function is brought in from elsewhere",
    base: PY,
    a: {
      "shop/user.py": `from .parsing import (\n    parse_user,\n)\n\n${without(USER_PY, "def parse_user", "class User")}`,
      "shop/parsing.py": "def parse_user(text):\n    return text\n",
    },
    b: { "shop/login.py": "from shop.user import parse_user\n\nparse_user('a')\n" },
  },
  {
    about: "py: a function is made below a condition",
    base: PY,
    a: {
      "shop/user.py": USER_PY.replace(
        "def parse_user(text):\n    return text.split(',')\n",
        "if LIMIT:\n    def parse_user(text):\n        return text\nelse:\n    parse_user = str\n",
      ),
    },
    b: { "shop/login.py": "from shop.user import parse_user\n\nparse_user('a')\n" },
  },
  {
    about: "py: both use it less, one of them still as before",
    base: {
      ...PY,
      "shop/login.py":
        "from shop.user import parse_user\n\n\ndef login(text):\n    return parse_user(text)\n\n\ndef out():\n    pass\n",
    },
    a: {
      "shop/user.py": USER_PY.replaceAll("parse_user", "read_user"),
      "shop/login.py":
        "from shop.user import read_user\n\n\ndef login(text):\n    return read_user(text)\n\n\ndef out():\n    pass\n",
    },
    b: {
      "shop/login.py":
        "from shop.user import parse_user\n\n\ndef login(text):\n    return parse_user(text)\n\n\ndef out():\n    return None\n",
    },
  },
  {
    about: "go: a function goes to another file of its package",
    base: GO,
    a: {
      "user/user.go": without(USER_GO, "func ParseUser", "func ShowUser"),
      "user/parse.go": "package user\n\nfunc ParseUser(text string) User {\n\treturn User{ID: text}\n}\n",
    },
    b: { "cmd/main.go": 'package main\n\nimport "example.com/shop/user"\n\nfunc main() {\n\tuser.ParseUser("a")\n}\n' },
  },
  {
    about: "go: another system's file has it still",
    base: {
      ...GO,
      "user/open_linux.go": "package user\n\nfunc Open() {}\n",
      "user/open_darwin.go": "package user\n\nfunc Open() {}\n",
    },
    a: { "user/open_darwin.go": null },
    b: { "user/load.go": "package user\n\nfunc Load() {\n\tOpen()\n}\n" },
  },
  {
    about: "go: a field and a local of that name",
    base: GO,
    a: { "user/user.go": without(USER_GO, "func ParseUser", "func ShowUser") },
    b: {
      "user/load.go":
        "package user\n\ntype loader struct {\n\tParseUser func()\n}\n\nfunc Load(l loader) {\n\tl.ParseUser()\n\t_ = loader{ParseUser: nil}\n}\n",
    },
  },
  {
    about: "rust: a function moves, and its module hands it on",
    base: RS,
    a: {
      "src/user.rs": `pub use crate::parse::parse_user;\n\n${without(USER_RS, "pub fn parse_user", "pub fn show_user")}`,
      "src/parse.rs": "pub fn parse_user(_text: &str) {}\n",
    },
    b: { "src/app.rs": 'use crate::user::parse_user;\n\npub fn start() {\n    parse_user("a");\n}\n' },
  },
  {
    about: "rust: a function of the standard library in a module of the same name",
    base: { ...RS, "src/mem.rs": "pub fn swap(a: u8) -> u8 {\n    a\n}\n\npub fn other() {}\n" },
    a: { "src/mem.rs": "pub fn other() {}\n" },
    b: { "src/app.rs": "use std::mem;\n\npub fn start(mut a: u8, mut b: u8) {\n    mem::swap(&mut a, &mut b);\n}\n" },
  },
  {
    about: "java: a method is inherited from now on",
    base: JAVA,
    a: {
      "src/com/acme/shop/Users.java": "package com.acme.shop;\n\npublic class Users extends Base {\n}\n",
      "src/com/acme/shop/Base.java": USERS_JAVA.replace("class Users", "class Base"),
    },
    b: {
      "src/com/acme/App.java":
        'package com.acme;\n\nimport com.acme.shop.Users;\n\npublic class App {\n    Object load() {\n        return Users.parse("a");\n    }\n}\n',
    },
  },
  {
    about: "java: another class has a method of that name",
    base: JAVA,
    a: { "src/com/acme/shop/Users.java": USERS_JAVA.replace("User parse(", "User read(") },
    b: {
      "src/com/acme/App.java":
        'package com.acme;\n\nimport com.acme.shop.Users;\n\npublic class App {\n    int load(Users users) {\n        return Integer.parse("1");\n    }\n}\n',
    },
  },
  {
    about: "java: one of several methods of that name goes",
    base: {
      ...JAVA,
      "src/com/acme/shop/Users.java": USERS_JAVA.replace(
        "    public String show",
        "    public static User parse(String text, int from) {\n        return null;\n    }\n\n    public String show",
      ),
    },
    a: { "src/com/acme/shop/Users.java": USERS_JAVA },
    b: {
      "src/com/acme/App.java":
        'package com.acme;\n\nimport com.acme.shop.Users;\n\npublic class App {\n    Object load() {\n        return Users.parse("a");\n    }\n}\n',
    },
  },
];
