// Decides whether a process lives, from its identity and what is seen here and now. Pure. The order matters: a pid says
// something only once host, boot and pid namespace are known to be the same.

import { isProcessId, type Sight } from "./platform.ts";

export interface ProcessIdentity {
  /** As numbered in `pidNamespace`. */
  pid: number;
  /** Compared as text, never as a time; null where it could not be read, and in rows of earlier releases. */
  startTime: string | null;
  bootId: string | null;
  /** The namespace that numbers `pid`: the observer's, not one that the process itself may have entered. */
  pidNamespace: string | null;
  host: string | null;
}

export type Liveness = { state: "alive" } | { state: "dead"; why: string } | { state: "unknown"; why: string };

export type Place = Pick<ProcessIdentity, "bootId" | "pidNamespace" | "host">;

export interface Evidence {
  identity: ProcessIdentity;
  here: Place;
  sight: Sight;
  notAfter?: Date | undefined;
}

/** Linux gives the machine's own pid namespace this fixed number (PROC_PID_INIT_INO). */
const MACHINE_NAMESPACE = "pid:[4026531836]";
/** A row may be written a moment before its process is there. */
const SLACK_MS = 2000;

export function judge(evidence: Evidence): Liveness {
  const { identity, here } = evidence;
  if (!isProcessId(identity.pid)) return dead(`${identity.pid} is not a process id`);
  // Two machines never share a boot: with the same one, only the name of the machine has changed.
  const isSameBoot = identity.bootId !== null && identity.bootId === here.bootId;
  if (!isSameBoot && identity.host !== null && identity.host !== here.host) {
    return unknown(`it runs on another host (${identity.host})`);
  }
  if (identity.bootId !== null && identity.bootId !== here.bootId) return judgeOtherBoot(identity, here);
  if (identity.pidNamespace !== null && identity.pidNamespace !== here.pidNamespace) {
    return unknown(`it runs in another container or pid namespace (${identity.pidNamespace})`);
  }
  if (identity.startTime !== null && !isSamePlace(identity, here)) {
    return unknown("where it was started is not recorded");
  }
  return judgeSight(evidence);
}

/**
 * The machine has restarted, if it is this one. A host name tells that only outside containers, where two machines may
 * run one of the same name, and only when it is a name at all.
 */
function judgeOtherBoot(identity: ProcessIdentity, here: Place): Liveness {
  if (here.bootId === null) return unknown("the boot of this machine cannot be read");
  const isNamed = identity.host !== null && identity.host !== "" && !/^localhost(\.|$)/.test(identity.host);
  const namespace = identity.pidNamespace;
  const isMachine = namespace === here.pidNamespace && (namespace === null || namespace === MACHINE_NAMESPACE);
  if (isNamed && isMachine) return dead("the machine has restarted since");
  return unknown("it was started before a restart, or on another machine of the same name");
}

/** What neither side has (a boot id, a namespace) cannot differ, as long as the host at least was recorded. */
function isSamePlace(identity: ProcessIdentity, here: Place): boolean {
  const isTold = identity.bootId !== null || identity.host !== null;
  return isTold && identity.bootId === here.bootId && identity.pidNamespace === here.pidNamespace;
}

function judgeSight({ identity, sight, notAfter }: Evidence): Liveness {
  if (sight.state === "absent") return dead(`there is no process ${identity.pid}`);
  if (sight.state === "ended" || sight.state === "hidden") {
    return { state: sight.state === "ended" ? "dead" : "unknown", why: sight.why };
  }
  if (identity.startTime === sight.startTime) return { state: "alive" };
  const isOther = identity.startTime !== null || startedAfter(sight.startedAt(), notAfter);
  if (isOther) return dead(`${identity.pid} is another process by now`);
  return unknown(`${identity.pid} runs, but when the recorded process started is not known`);
}

function startedAfter(started: Date | undefined, notAfter: Date | undefined): boolean {
  if (started === undefined || notAfter === undefined) return false;
  return started.getTime() > notAfter.getTime() + SLACK_MS;
}

function dead(why: string): Liveness {
  return { state: "dead", why };
}

function unknown(why: string): Liveness {
  return { state: "unknown", why };
}
