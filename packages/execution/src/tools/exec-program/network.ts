import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { parseTarget } from "../../egress/index.ts";
import type { Target, ToolAuthority } from "../../egress/index.ts";

const notAHost = (): Result<never> =>
  err(moltbotError("URL_INVALID", { problem: "network takes hosts, as example.org or example.org:8443" }));

/** A host as it stands in `network`: a name or an address, with a port or the usual one of https. */
const targetOf = (text: string): Result<Target> =>
  // What ends the host and goes on would be dropped in silence.
  /[/?#@\\\s%]/u.test(text) ? notAHost() : parseTarget(`https://${text}/`);

/** Each host that a program asks for, once, in the order in which it stands there. */
export const hostsOf = (network: readonly string[]): Result<readonly Target[]> => {
  const targets = new Map<string, Target>();
  for (const text of network) {
    const target = targetOf(text);
    if (!target.ok) return target;
    targets.set(target.value.authority, target.value);
  }
  return ok([...targets.values()]);
};

/** REQUEST_NOT_ALLOWED where the grant limits methods or paths: nobody could see whether a program keeps to them. */
export const mayOpen = ({ hosts, limits }: ToolAuthority): Result<void> =>
  hosts.length > 0 && limits !== undefined && (limits.methods.length > 0 || limits.prefixes.length > 0)
    ? err(moltbotError("REQUEST_NOT_ALLOWED", { host: hosts.join(" "), method: "CONNECT" }))
    : ok(undefined);
