// What the cases of radar-names.test.ts begin with.

export type Files = Readonly<Record<string, string | null>>;

export interface Case {
  about: string;
  base: Files;
  /** What either side makes of it; null takes a file away. */
  a: Files;
  b: Files;
}

export interface Planted extends Case {
  /** As "name removedBy removedFrom usedIn". */
  warns: string;
}

export const USER_TS =
  "export interface User {\n  id: string;\n}\n\nexport function parseUser(text: string): User {\n  return JSON.parse(text);\n}\n\nexport function showUser(user: User): string {\n  return user.id;\n}\n";
export const USER_TS_RENAMED = USER_TS.replaceAll("parseUser", "readUser");
export const USER_PY =
  "LIMIT = 10\n\n\ndef parse_user(text):\n    return text.split(',')\n\n\nclass User:\n    pass\n\n\ndef show_user(user):\n    return str(user)\n";
export const USER_GO =
  'package user\n\nimport "fmt"\n\ntype User struct {\n\tID string\n}\n\nfunc ParseUser(text string) User {\n\treturn User{ID: text}\n}\n\nfunc ShowUser(u User) string {\n\treturn fmt.Sprint(u.ID)\n}\n';
export const USER_RS =
  "pub struct User {\n    pub id: String,\n}\n\npub fn parse_user(text: &str) -> User {\n    User { id: text.to_string() }\n}\n\npub fn show_user(user: &User) -> String {\n    user.id.clone()\n}\n";
export const USERS_JAVA =
  "package com.acme.shop;\n\npublic class Users {\n    public static final int LIMIT = 10;\n\n    public static User parse(String text) {\n        return new User(text);\n    }\n\n    public String show(User user) {\n        return user.toString();\n    }\n}\n";
export const without = (text: string, from: string, to: string) =>
  text.slice(0, text.indexOf(from)) + text.slice(text.indexOf(to));

export const TS = { "src/user.ts": USER_TS, "src/app.ts": "export const app = 1;\n" };
export const PY = { "shop/user.py": USER_PY, "shop/__init__.py": "", "shop/app.py": "import os\n" };
export const GO = {
  "user/user.go": USER_GO,
  "cmd/main.go": "package main\n\nfunc main() {\n}\n",
  "go.mod": "module example.com/shop\n",
};
export const RS = {
  "src/user.rs": USER_RS,
  "src/lib.rs": "pub mod user;\npub mod app;\n",
  "src/app.rs": "pub fn start() {}\n",
};
export const JAVA = {
  "src/com/acme/shop/Users.java": USERS_JAVA,
  "src/com/acme/shop/User.java":
    "package com.acme.shop;\n\npublic class User {\n    public User(String text) {\n    }\n}\n",
  "src/com/acme/App.java": "package com.acme;\n\npublic class App {\n}\n",
};
