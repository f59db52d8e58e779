// The room's door: sessions of a repository, who of them lives, and where each one works.

export { provisionAgain } from "./again.ts";
export { type Named, sessionMeant, sessionOfClaude, sessionsMeant } from "./find.ts";
export { heal, locateHealed } from "./heal.ts";
export { livingOf, repositoryAt, sessionsHere } from "./here.ts";
export { isLocal, livenessOfAll } from "./liveness.ts";
export { type Maker, makerFor } from "./maker.ts";
export { followMoves } from "./moves.ts";
export { ownerOf } from "./owners.ts";
export { status, statusForPeople } from "./status.ts";
export { statusText } from "./status-text.ts";
export { endSession, type KnownSession, session as sessionById, sessionsOf } from "./store.ts";
