// The promises of every provider, kept by sandboxes on this machine.

import { keepsItsPromises } from "./conformance.ts";
import { nativeScene } from "./native-scene.ts";

keepsItsPromises("native", nativeScene);
