// The real Claude Code in a sandbox, against a scripted model: what the scripted claude of the other tests stands for.

import { describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { CLIENTS, CURRENT, clientCommand } from "../../scripts/dev/clients.ts";
import { shellQuote } from "../../src/core/text.ts";
import {
  type Auth,
  addLine,
  endingOf,
  follow,
  launch,
  makeLines,
  newView,
  standing,
  stopClaude,
  type View,
} from "../../src/features/claude-runs/claude-runs.ts";
import { readPrompt } from "../../src/features/plans/plans.ts";
import { processesWith } from "../sandbox/claude-scene.ts";
import { removeScratch } from "../support/client.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type PlainSandbox, plainSandbox } from "../support/plain-sandbox.ts";
import { type Rule, type ScriptedModel, startModel } from "../support/servers/messages.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Stage extends AsyncDisposable {
  place: Place;
  world: TestWorld;
  sandbox: PlainSandbox;
  /** Starts it with this prompt, and what it prints until there is such a view, or its end. */
  run(input: { prompt: string; url: string; maxTurns?: number; auth?: Partial<Auth> }): Promise<void>;
  /** Reads on until the view is as wanted, or claude has ended. */
  view(isWanted?: (view: View) => boolean): Promise<View>;
}

async function stage(version: string = CURRENT): Promise<Stage> {
  const place = await makePlace();
  const world = testWorld(place);
  const programs = place.at("programs");
  await mkdir(programs);
  const command = clientCommand(version).map(shellQuote).join(" ");
  await writeFile(`${programs}/claude`, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  const sandbox = await plainSandbox(place, { path: [programs] });
  return {
    ...{ place, world, sandbox },
    run: async ({ prompt, url, auth = {}, ...input }) => {
      const variables = { ANTHROPIC_API_KEY: "sk-ant-of-tests-0000000000", ...auth.variables, ANTHROPIC_BASE_URL: url };
      await launch(world, sandbox, {
        ...{ env: { NO_PROXY: "127.0.0.1", HTTPS_PROXY: "http://127.0.0.1:9" }, usesOwnClaude: true },
        ...{ identity: { name: "Ada", email: "ada@example.com" }, ...input },
        prompt: readPrompt(world, { prompt, top: place.path }).bytes,
        auth: {
          ...{ method: "api-key", source: "a test", credentials: undefined, expiresAt: undefined, ...auth },
          variables,
        },
      });
    },
    view: async (isWanted = () => false) => {
      const lines = makeLines();
      let view = newView();
      for await (const chunk of follow(world, sandbox, { from: 0 })) {
        for (const line of lines.push(chunk)) view = addLine(view, line, world.now());
        if (isWanted(view)) break;
      }
      return view;
    },
    async [Symbol.asyncDispose]() {
      await stopClaude(sandbox, { graceMs: 1000 });
      await sandbox[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      await removeScratch(place);
      await place[Symbol.asyncDispose]();
    },
  };
}

const PROMPT = "# Plan [x](y)\n- [ ] fix `it` & \"that\" $HOME 'now' \\n; > 3?\r\n\ttab é 🙂";

function modelOf(prompt: string, ...turns: Rule["turns"]): ScriptedModel {
  return startModel([{ prompt, turns }]);
}

describe("the real client", () => {
  test.each(CLIENTS)("%s is given the prompt as it is, does its task, and ends well", async (version) => {
    await using staged = await stage(version);
    await using model = modelOf(
      "# Plan",
      { blocks: ["I begin.", { tool: "Bash", input: { command: "echo one >one.txt", description: "Write" } }] },
      "All done.",
    );
    await staged.run({ prompt: PROMPT, url: model.url });
    const view = await staged.view();
    const stands = await standing(staged.sandbox);

    expect(stands).toMatchObject({ state: "ended", exit: 0, by: "itself" });
    if (stands.state !== "ended") throw new Error("it runs");
    expect(endingOf({ view, end: stands })).toEqual({ isDone: true });
    expect(view).toMatchObject({ login: "in", turns: 2, lastText: "All done.", endsInQuestion: false, failure: null });
    expect(view.modelCost).toBeGreaterThan(0);
    expect(view.tokens).toMatchObject({ input: 2000, output: 200 });
    expect(model.asked[0]?.text).toContain(PROMPT);
    expect(await Bun.file(`${staged.sandbox.places.workspace}/one.txt`).text()).toBe("one\n");
  });

  test("that ends in a question is known by it, and so is one that wanted to ask with its tool", async () => {
    await using staged = await stage();
    const ask = { tool: "AskUserQuestion", input: { questions: [{ question: "A or b?", header: "A", options: [] }] } };
    await using model = modelOf("Choose.", { blocks: [ask] }, "I need to know.");
    await staged.run({ prompt: "Choose.", url: model.url });
    expect(await staged.view()).toMatchObject({ endsInQuestion: true, failure: null });
  });

  test("that takes all its turns is known by it", async () => {
    await using staged = await stage();
    const look = { tool: "Bash", input: { command: "ls", description: "Look" } };
    await using model = modelOf("Look.", { blocks: [look] }, { blocks: [look] }, "Done.");
    await staged.run({ prompt: "Look.", url: model.url, maxTurns: 1 });
    const view = await staged.view();
    expect(view).toMatchObject({ failure: "max-turns", result: { isError: true, subtype: "error_max_turns" } });
    expect(await standing(staged.sandbox)).toMatchObject({ exit: 1 });
  });

  test("whose key is refused is known by it at once, and ended", async () => {
    await using staged = await stage();
    await using refusing = refuse(401);
    await staged.run({ prompt: "Hi.", url: refusing.url });
    let asked = 0;
    const view = await staged.view(({ failure }) => {
      asked = refusing.keys.length;
      return failure === "login";
    });
    expect(view).toMatchObject({ failure: "login", login: "refused" });
    // It would be asked ten times, for minutes.
    expect(asked).toBeLessThanOrEqual(2);
    expect(await stopClaude(staged.sandbox)).toMatchObject({ state: "ended", by: "stop" });
  });

  test("without any key or login is known by it", async () => {
    await using staged = await stage();
    await using refusing = refuse(401);
    await staged.run({ prompt: "Hi.", url: refusing.url, auth: { variables: { ANTHROPIC_API_KEY: "" } } });
    expect(await staged.view()).toMatchObject({ failure: "login", result: { isError: true } });
    expect(refusing.keys).toEqual([]);
  });

  test("logs in with the login's file that has no refresh token, and it is gone afterwards", async () => {
    await using staged = await stage();
    await using refusing = refuse(400);
    const expiresAt = new Date("2099-01-01T00:00:00Z").getTime();
    const login = {
      accessToken: "sk-ant-oat01-of-tests",
      expiresAt,
      scopes: ["user:inference"],
      subscriptionType: "max",
    };
    const credentials = JSON.stringify({ claudeAiOauth: login });
    await staged.run({ prompt: "Hi.", url: refusing.url, auth: { variables: { ANTHROPIC_API_KEY: "" }, credentials } });
    await staged.view();
    expect(refusing.keys[0]).toBe("Bearer sk-ant-oat01-of-tests");
    expect(await Bun.file(`${staged.sandbox.places.home}/.claude/.credentials.json`).exists()).toBe(false);
  });

  test("that is stopped ends with all that its tools have started", async () => {
    await using staged = await stage();
    const wait = { tool: "Bash", input: { command: "tail -f /dev/null", description: "Wait" } };
    await using model = modelOf("Wait.", { blocks: [wait] });
    await staged.run({ prompt: "Wait.", url: model.url });
    await staged.view(({ doing }) => doing?.tool === "Bash");
    expect(await stopClaude(staged.sandbox)).toMatchObject({ state: "ended", by: "stop" });
    expect(await processesWith(`PARALLEL_CC_SANDBOX_RUN=${staged.sandbox.places.run}`)).toEqual([]);
  });
});

/** A model that answers nothing but this, and what it was asked with. */
function refuse(status: number): AsyncDisposable & { url: string; keys: string[] } {
  const keys: string[] = [];
  const server = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 0 },
    fetch: ({ headers }) => {
      keys.push(headers.get("authorization") ?? headers.get("x-api-key") ?? "");
      const type = status === 401 ? "authentication_error" : "invalid_request_error";
      return Response.json({ type: "error", error: { type, message: "No." } }, { status });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, keys, [Symbol.asyncDispose]: () => server.stop(true) };
}
