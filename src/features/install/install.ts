// The room's door: parallel-cc in its user's programs, shell and Claude Code, and out of them again. Other people's files
// get our entries and nothing else; what is taken out is exactly that.

import { answerOf, type Installed } from "./answer.ts";
import { apply, type Effects } from "./apply.ts";
import { type Input, requestFrom } from "./request.ts";

export { clientRelease } from "./client.ts";
export { type Entry, hookEntries, serverEntries, shellWords, statusLineEntries } from "./entries.ts";
export { guardStanding } from "./guard.ts";
export { offWords, oneWay, runTwice, type Settings, settingsIn, settingsOver, switchedOffBy } from "./hook-troubles.ts";
export { isReplaced } from "./marks.ts";
export { enteredBeside } from "./plugin.ts";
export { isPluginInUse, pluginFolder, pluginState } from "./plugin-state.ts";
export { type Input, inputShape, isAsked } from "./request.ts";
export { claudeIn, profiles } from "./shells.ts";
export { installedText } from "./text.ts";
export { withoutOurs } from "./without-ours.ts";

/** Errors: usage, of what leaves something open; what fails in one part is in its answer. */
export async function install(world: Effects, input: Input): Promise<Installed> {
  return answerOf(world, await apply(world, requestFrom(input)));
}
