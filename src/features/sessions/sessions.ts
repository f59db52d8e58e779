// The room's door: sessions of a repository, who of them lives, and where each one works.

export { provisionAgain } from "./again.ts";
export { endAndAnnounce, livingBeside } from "./announce.ts";
export { sessionAskedAbout, sessionOfAgent, sessionOfCaller } from "./caller.ts";
export { heal, locateHealed } from "./heal.ts";
export { repositoryAt, sessionsHere } from "./here.ts";
export { type Maker, makerFor } from "./maker.ts";
export { followMoves } from "./moves.ts";
export { ownerOf } from "./owners.ts";
export { register } from "./register.ts";
export { release, releaseMade } from "./release.ts";
export { status, statusForPeople } from "./status.ts";
export { statusText } from "./status-text.ts";
export { repositoryOf, writerOfCaller } from "./writer.ts";
export { isBelowClaude, requireNoSession } from "./yours.ts";
