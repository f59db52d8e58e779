// Members of types and the like that are gone from the whole repository and that the other side newly uses.

import { describe, expect, test } from "bun:test";
import { judge, told } from "./radar-names-judge.ts";
import { type Case, type Files, GO, PY, RS, TS } from "./radar-names-texts.ts";

const CART_TS = `export class Cart extends Array<string> {
  sortItems() {}
}

export class Shop {
  private items: string[] = [];

  addItem(name: string): void {
    if (name !== "") this.items.push(name);
  }

  async total<T>(of: T): Promise<number> {
    return 1;
  }

  private hideItem() {}
}

export enum Color {
  Red,
  DarkBlue = "blue",
}
`;
const CART_PY = `class Shop:
    def add_item(self, name):
        return name

    async def total(self):
        return 1


class Cart(External):
    def sort_items(self):
        return 1
`;
const CART_GO = `package user

type Shop struct {
	Owner string
}

type Cart struct {
	Shop
	Owner string
}

func NewShop() *Shop {
	return &Shop{}
}

func (s *Shop) AddItem(name string) {
}

func (s Shop) Total() int {
	return 1
}

func (c *Cart) SortItems() {
}
`;
const CART_RS = `pub struct Shop {
    pub owner_name: String,
    pub size: u32,
    hidden_name: String,
}

#[derive(Debug)]
pub enum Color {
    Red,
    #[allow(dead_code)]
    DarkBlue { deep: bool },
    Rgb(u8, u8, Vec<(u8, u8)>),
}

#[macro_export]
macro_rules! shout {
    () => {};
}
`;

interface Kit {
  base: Files;
  path: string;
  text: string;
  use(body: string): Files;
}

const KITS = {
  ts: {
    base: { ...TS, "src/cart.ts": CART_TS },
    path: "src/cart.ts",
    text: CART_TS,
    use: (body) => ({ "src/app.ts": `import { Cart, Color, Shop } from "./cart";\n\n${body}\n` }),
  },
  py: {
    base: { ...PY, "shop/cart.py": CART_PY },
    path: "shop/cart.py",
    text: CART_PY,
    use: (body) => ({ "shop/app.py": `import os\nfrom shop.cart import Cart, Shop\n\n\n${body}\n` }),
  },
  go: {
    base: { ...GO, "user/cart.go": CART_GO },
    path: "user/cart.go",
    text: CART_GO,
    use: (body) => ({
      "cmd/main.go": `package main\n\nimport "example.com/shop/user"\n\nfunc main() {\n\t${body}\n}\n`,
    }),
  },
  rs: {
    base: { ...RS, "src/cart.rs": CART_RS, "src/lib.rs": "pub mod user;\npub mod app;\npub mod cart;\n" },
    path: "src/cart.rs",
    text: CART_RS,
    use: (body) => ({ "src/app.rs": `use crate::cart::{Color, Shop};\n\npub fn start() {\n    ${body}\n}\n` }),
  },
} satisfies Record<string, Kit>;

const one = async (story: Omit<Case, "about">) => told((await judge([{ about: "", ...story }]))[0]);

/** One side gave `name` another one; the other side uses it. */
function renaming({ base, path, text, use }: Kit, name: string, body: string): Omit<Case, "about"> {
  const a = { [path]: text.replace(new RegExp(`\\b${name}\\b`, "g"), `${name}Anew`) };
  return { base, a, b: use(body) };
}

describe("what is gone everywhere is told of", () => {
  const cases: readonly (readonly [about: string, kit: Kit, name: string, body: string])[] = [
    ["a method of TypeScript", KITS.ts, "addItem", 'export const run = (shop: Shop) => shop?.addItem("a");'],
    ["a method of one word", KITS.ts, "total", "export const run = (shop: Shop) => shop.total(1);"],
    ["a method of what is made there", KITS.ts, "total", "export const run = () => new Shop().total(1);"],
    ["a member of an enum", KITS.ts, "Red", "export const red = Color.Red;"],
    ["another member of an enum", KITS.ts, "DarkBlue", "export const blue = Color.DarkBlue;"],
    ["a method of Python", KITS.py, "add_item", 'def run(shop):\n    return shop.add_item("a")'],
    ["a method of one word in Python", KITS.py, "total", "async def run():\n    shop = Shop()\n    await shop.total()"],
    ["a method of Go", KITS.go, "AddItem", 'user.NewShop().AddItem("a")'],
    ["a method of one word in Go", KITS.go, "Total", "shop := user.NewShop()\n\tprintln(shop.Total())"],
    ["a variant of Rust", KITS.rs, "Red", 'println!("{:?}", Color::Red);'],
    ["a variant that holds something", KITS.rs, "Rgb", 'println!("{:?}", Color::Rgb(1, 2, vec![]));'],
    ["a field of Rust", KITS.rs, "owner_name", 'let shop: Shop = todo!();\n    println!("{}", shop.owner_name);'],
    ["a field of one word", KITS.rs, "size", 'let shop: Shop = todo!();\n    println!("{}", shop.size);'],
    ["a macro of Rust", KITS.rs, "shout", "crate::shout!();"],
  ];
  for (const [about, kit, name, body] of cases) {
    test(about, async () => {
      expect(await one(renaming(kit, name, body))).toEqual([`${name} a ${kit.path} ${Object.keys(kit.use(""))[0]}`]);
    });
  }

  test("a name that comes with all of a module", async () => {
    const b = { "shop/app.py": "from shop.user import *\n\nprint(parse_user('a'))\n" };
    const a = { "shop/user.py": PY["shop/user.py"].replaceAll("parse_user", "read_user") };
    expect(await one({ base: PY, a, b })).toEqual(["parse_user a shop/user.py shop/app.py"]);
  });

  test("what a module gave by default", async () => {
    const base = { "lib/main.mjs": "export default function run() {}\nexport const a = 1;\n", "use.mjs": "1;\n" };
    const a = { "lib/main.mjs": "function run() {}\nexport const a = run;\n" };
    const b = { "use.mjs": 'import begin from "./lib/main.mjs";\nbegin();\n' };
    expect(await one({ base, a, b })).toEqual(["default a lib/main.mjs use.mjs"]);
  });

  test("a name of Rust between files at the top", async () => {
    const base = { "main.rs": "mod user;\nfn main() {}\n", "user.rs": RS["src/user.rs"] };
    const a = { "user.rs": RS["src/user.rs"].replace("parse_user", "read_user") };
    const b = { "main.rs": 'mod user;\nuse user::parse_user;\nfn main() {\n    parse_user("a");\n}\n' };
    expect(await one({ base, a, b })).toEqual(["parse_user a user.rs main.rs"]);
  });
});

describe("a member is not told of", () => {
  const cases: readonly (readonly [about: string, kit: Kit, name: string, body: string])[] = [
    ["of a class that stands on another one", KITS.ts, "sortItems", "export const run = (it: Cart) => it.sortItems();"],
    ["of a class of Python that stands on another one", KITS.py, "sort_items", "def run():\n    Cart().sort_items()"],
    ["of a type of Go with another one within", KITS.go, "SortItems", "(&user.Cart{}).SortItems()"],
    ["that is private", KITS.ts, "hideItem", "export const run = (it: Shop) => it.hideItem();"],
    ["that is private in Rust", KITS.rs, "hidden_name", "let it: Shop = todo!();\n    drop(it.hidden_name);"],
    ["of one word, of who knows what", KITS.ts, "total", "export const run = (it: Map) => it.total();"],
    ["of one word, of who knows what in Python", KITS.py, "total", "def run(it):\n    it.total()"],
    ["of another enum", KITS.rs, "Red", 'println!("{:?}", other::Paint::Red);'],
    ["that is called, where it was a field", KITS.rs, "size", "let it: Shop = todo!();\n    drop(it.iter().size());"],
    ["that is a name for itself", KITS.ts, "addItem", "const addItem = () => 1;\nexport const run = { addItem };"],
    ["that is a keyword of a call", KITS.py, "add_item", "def run(it):\n    it(add_item=1).add_item()"],
  ];
  for (const [about, kit, name, body] of cases) {
    test(about, async () => expect(await one(renaming(kit, name, body))).toEqual([]));
  }

  test("that another file has as well", async () => {
    const story = renaming(KITS.ts, "addItem", "export const run = (it: Shop) => it.addItem();");
    const base = { ...story.base, "src/other.ts": "export interface Other {\n  addItem(): void;\n}\n" };
    expect(await one({ ...story, base })).toEqual([]);
  });

  test("that may come with all of another module", async () => {
    const stars = "from shop.user import *\nfrom os.path import *\n\nprint(parse_user('a'))\n";
    const a = { "shop/user.py": PY["shop/user.py"].replaceAll("parse_user", "read_user") };
    expect(await one({ base: PY, a, b: { "shop/app.py": stars } })).toEqual([]);
    const own = "from shop.user import *\n\ndef run(parse_user):\n    parse_user('a')\n";
    expect(await one({ base: PY, a, b: { "shop/app.py": own } })).toEqual([]);
  });
});
