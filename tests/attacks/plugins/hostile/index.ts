/** HOSTILE PLUGINS: what attackers write, by family; they are text, and run nowhere but in the sandbox that they attack. */
import { asynchronous } from "./async.ts";
import { chains } from "./chains.ts";
import { disguises } from "./disguises.ts";
import { environment } from "./environment.ts";
import { errors } from "./errors.ts";
import { floods } from "./floods.ts";
import { forgery } from "./forgery.ts";
import type { HostilePlugin } from "./hostile-plugin.ts";
import { imports } from "./imports.ts";
import { insider } from "./insider.ts";
import { memory } from "./memory.ts";
import { atLoad, processor } from "./processor.ts";
import { reach } from "./reach.ts";
import { timers } from "./timers.ts";

export const HOSTILE: readonly HostilePlugin[] = [
  ...chains,
  ...errors,
  ...asynchronous,
  ...disguises,
  ...timers,
  ...memory,
  ...processor,
  ...atLoad,
  ...forgery,
  ...imports,
  ...environment,
  ...floods,
  ...reach,
  ...insider,
];
