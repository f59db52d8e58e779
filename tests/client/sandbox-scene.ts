// The real Claude Code as the claude of sandbox runs: the compiled program, real sandboxes of this machine, and a scripted
// model that listens on its loopback, which is all of the network that there is inside.

import { readdirSync } from "node:fs";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { CURRENT, clientCommand } from "../../scripts/dev/clients.ts";
import { type RunScene, runScene } from "../sandbox/run-scene.ts";
import type { RepoInput } from "../support/repo.ts";
import { type Block, type Rule, type ScriptedModel, startModel } from "../support/servers/messages.ts";

export interface ClientScene extends RunScene {
  model: ScriptedModel;
  /** Where the claude of the newest run works; it is there once the model is asked. */
  inside(path: string): string;
}

export interface ClientSceneInput {
  /** Given the paths of a workspace that is not made yet. */
  rules: (inside: ClientScene["inside"]) => readonly Rule[];
  repo?: RepoInput;
  env?: Readonly<Record<string, string>>;
}

export async function clientScene({ rules, repo, env }: ClientSceneInput): Promise<ClientScene> {
  let home = "";
  const inside = (path: string) => {
    const root = join(home, ".parallel-cc", "native");
    const [id] = readdirSync(root);
    if (id === undefined) throw new Error("there is no sandbox");
    return join(root, id, "work", path);
  };
  const model = startModel(rules(inside));
  const scene = await runScene({
    sh: "",
    ...(repo === undefined ? {} : { repo }),
    env: { ANTHROPIC_BASE_URL: model.url, ...env },
  });
  home = scene.place.home;
  await rm(scene.place.at("programs", "claude"));
  await symlink(clientCommand(CURRENT)[0], scene.place.at("programs", "claude"));
  return {
    ...{ ...scene, model, inside },
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** A call of a tool that names a file by its whole path, which is known when the model is asked for it. */
export function call(tool: string, makeInput: () => object): Block {
  return {
    tool,
    get input() {
      return makeInput();
    },
  };
}
