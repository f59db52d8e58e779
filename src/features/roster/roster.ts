// The room's door: who is at work, by the rows of sessions and the processes they live by. It loads little, since hooks
// come here at every tool use; what makes and ends sessions is the room `sessions`.

export { type Named, sessionMeant, sessionOfClaude, sessionsBelowClaude, sessionsMeant } from "./find.ts";
export { identityOf, isLocal, livenessOfAll, livingOf, mayLive } from "./liveness.ts";
export {
  type Activity,
  activate,
  activityOf,
  allSessions,
  deleteReservation,
  emptyWal,
  endSession,
  followRepository,
  followWorktree,
  forgetProcess,
  insertProcess,
  insertSession,
  isAnyUnderWay,
  type KnownSession,
  lastEnded,
  type NewSession,
  type PastSession,
  type Pulse,
  type RepositoryKey,
  session,
  sessionsAt,
  sessionsOf,
  storePulse,
  touch,
} from "./store.ts";
export { quoted, whereIs, whoIs } from "./words.ts";
