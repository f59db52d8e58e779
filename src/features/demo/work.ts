// The first half of the story: three agents start, change the same file, one crashes, two end.

import { Failure } from "../../core/failure.ts";
import { NUMBER, orNull, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../core/shape.ts";
import { printable, shellQuote } from "../../core/text.ts";
import type { Agent } from "./agent.ts";
import { part } from "./part.ts";
import { FILE, type Stage } from "./scene.ts";

/** What each agent changes: one line of the same file. */
const WORK = [
  { name: "login", from: "    return True", to: "    return user in USERS" },
  { name: "search", from: "    return []", to: "    return [item for item in ITEMS if word in item]" },
  { name: "prices", from: "    return 0", to: "    return PRICES[item]" },
] as const;

export const start = part({
  name: "start",
  facts: () => ({
    agents: v.array(
      v.strictObject({
        ...{ name: TEXT, pid: NUMBER, sessionId: TEXT, checkout: TEXT, branch: TEXT, isMainCheckout: YES_OR_NO },
      }),
    ),
  }),
  async *play(stage) {
    const agents = [];
    for (const { name } of WORK) {
      const agent = await stage.startAgent(name);
      const { sessionId, worktreePath: checkout, branch, isMainRepo: isMainCheckout } = agent.session();
      const where = printable(stage.shown(checkout));
      yield `${name} gets ${isMainCheckout ? "the main checkout" : "a worktree"}, ${where}`;
      agents.push({ name, pid: agent.pid, sessionId, checkout, branch, isMainCheckout });
    }
    return { agents };
  },
});

export const edit = part({
  name: "edit",
  facts: () => ({ file: TEXT, changes: v.array(v.strictObject({ agent: TEXT, added: v.array(TEXT) })) }),
  async *play(stage) {
    const before = await stage.git(["show", `${stage.start}:${FILE}`]);
    const edits = WORK.map((one) => ({ ...one, agent: stage.agent(one.name) }));
    await Promise.all(
      edits.map(({ agent, from, to }) =>
        agent.run(`printf '%s\\n' ${shellQuote(before.replace(from, to))} >${FILE} && echo`),
      ),
    );
    const changes = await Promise.all(
      edits.map(async ({ agent, name }) => ({ agent: name, added: await addedIn(stage, agent) })),
    );
    const isApart = edits.every(({ to }, i) => changes[i]?.added.join("\n") === to);
    if (!isApart) throw otherwise("agents that see only their own change", { changes });
    yield `all three change ${FILE} at once; each sees only its own change`;
    return { file: FILE, changes };
  },
});

async function addedIn(stage: Stage, agent: Agent): Promise<string[]> {
  const diff = await stage.git(["diff", "--unified=0", "--no-color", "HEAD"], agent.session().worktreePath);
  const lines = diff.split("\n").filter((line) => line.startsWith("+") && !line.startsWith("+++"));
  return lines.map((line) => line.slice(1));
}

export const crash = part({
  name: "crash",
  facts: () => ({ agent: TEXT, signal: TEXT_OR_NULL, uncommitted: v.array(TEXT) }),
  async *play(stage) {
    const agent = stage.agent("prices");
    const { signal } = await agent.crash();
    const listed = await stage.git(["diff", "--name-only", "HEAD"], agent.session().worktreePath);
    const uncommitted = listed.split("\n").filter((path) => path !== "");
    if (signal === null || uncommitted.length === 0)
      throw otherwise("an agent that crashes in the middle of its work", { signal, uncommitted });
    yield `${agent.name} is killed (${signal}) with ${uncommitted.join(", ")} changed and not committed`;
    return { agent: agent.name, signal, uncommitted };
  },
});

const released = () =>
  v.object({
    released: YES_OR_NO,
    worktreeRemoved: YES_OR_NO,
    kept: orNull(v.object({ path: TEXT, why: v.array(TEXT) })),
  });

export const finish = part({
  name: "finish",
  facts: () => ({
    ended: v.array(
      v.strictObject({
        ...{ agent: TEXT, exit: orNull(NUMBER), commits: NUMBER, released: YES_OR_NO, worktreeRemoved: YES_OR_NO },
        kept: orNull(v.strictObject({ path: TEXT, why: v.array(TEXT) })),
      }),
    ),
  }),
  async *play(stage) {
    const login = await finished(stage, stage.agent("login"), commit("Ask who logs in"));
    yield `login commits to ${printable(stage.agent("login").session().branch)} and ends`;
    const test = `printf 'assert search("tea")\\n' >search_test.py && git add search_test.py`;
    const search = await finished(
      stage,
      stage.agent("search"),
      `${commit("Search by word")} && ${test} && ${commit("Test the search")}`,
    );
    const why = search.kept?.why.map(printable).join("; ");
    yield `search ends; its worktree ${why === undefined ? "is removed" : `stays: ${why}`}`;
    return { ended: [login, search] };
  },
});

function commit(message: string): string {
  return `git commit --quiet --all --message=${shellQuote(message)}`;
}

/** As claude-parallel ends: outside of the worktree, which may go with the session. */
async function finished(stage: Stage, agent: Agent, script: string) {
  const tip = await agent.run(`${script} && git rev-parse HEAD && cd /`);
  const commits = Number(await stage.git(["rev-list", "--count", `${stage.start}..${tip}`]));
  const answer = await agent.ask("release --pid $$", released());
  const { exit } = await agent.leave();
  if (!answer.released || exit !== 0) throw otherwise("an agent that ends", { agent: agent.name, exit, ...answer });
  return { agent: agent.name, exit, commits, ...answer };
}

/** What is told must be so. */
function otherwise(what: string, found: Record<string, unknown>): Failure {
  return new Failure({
    kind: "internal",
    code: "demo.otherwise",
    message: `The demo was to show ${what}, and found something else: ${JSON.stringify(found)}`,
    hint: "This is a bug in parallel-cc, or git is set up in a way that the demo does not know. Please report it.",
    details: found,
  });
}
