import type { ModelDirectory, SkillLibraryPort } from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import { BUILT_IN_TOOLS } from "@moltbot/execution/tools";
import type { Tool } from "@moltbot/execution/tools";

/**
 * What a program that starts the gateway in its own process may hang into it: the attack harness and tests. It is an argument of
 * `startGateway` alone; no setting, flag, variable or request reaches it.
 */
export interface Fittings {
  /** Beside the built-in ones, whose names they cannot take. */
  readonly tools?: readonly Tool[];
  /** Instead of the configured ones. */
  readonly models?: ModelDirectory;
  /** Instead of the way out: a drill writes down what would leave, and dials nobody. */
  readonly egress?: Egress;
  /** Instead of what is installed. */
  readonly skills?: SkillLibraryPort;
}

/** The built-in tools and those hung in. Throws at a name that is taken: whoever hangs in a tool is a program of ours. */
export const executorTools = ({ tools = [] }: Fittings): readonly Tool[] => {
  const taken = new Set<string>(BUILT_IN_TOOLS.map(({ manifest }) => manifest.name));
  for (const { manifest } of tools) {
    if (taken.has(manifest.name)) throw new Error(`two tools are called ${manifest.name}`);
    taken.add(manifest.name);
  }
  return [...BUILT_IN_TOOLS, ...tools];
};
