import { isJsonList, isPathUnder, plainPathOf } from "@moltbot/contracts";
import type { ResolvedResource } from "@moltbot/contracts";
import { argumentOf } from "../critical-arguments.ts";
import { oncePerText } from "../once.ts";
import type { CallFacts, Rule } from "./rule.ts";

/** A step that is none: empty, `.` or `..`; and what stands for another step, a drive or an end. */
const NOT_PLAIN = /[\\:\0]|(?:^|\/)\.{0,2}(?:\/|$)/;

/** A relative path of plain steps. `..`, absolute paths, backslashes and drive letters are no path inside anything. */
const isPlainPath = (path: string): boolean => !NOT_PLAIN.test(path);

const isWithin = (path: string, root: string): boolean => root === "" || path === root || path.startsWith(`${root}/`);

/** Whether the argument points at something of that kind, and everything it points at is allowed. */
const someAndEvery = (
  { resources }: CallFacts,
  argument: string,
  kind: ResolvedResource["kind"],
  allowed: (value: string) => boolean,
): boolean => {
  let some = false;
  for (const resource of resources) {
    if (resource.argument !== argument || resource.kind !== kind) continue;
    if (!allowed(resource.value)) return false;
    some = true;
  }
  return some;
};

/** Whether a program is given no network. A list that points at no host may mean one all the same. */
const reachesNobody = ({ call, manifest, resources }: CallFacts, argument: string): boolean => {
  if (manifest.effect !== "execute" || resources.some(({ kind }) => kind === "host")) return false;
  const given = argumentOf(call.arguments, argument);
  return !isJsonList(given) || given.length === 0;
};

export const hostIn: Rule<"host-in"> = ({ argument, hosts }, facts) =>
  someAndEvery(facts, argument, "host", (host) => hosts.includes(host)) || reachesNobody(facts, argument);

export const methodIn: Rule<"method-in"> = ({ argument, methods }, { call }) => {
  const method = argumentOf(call.arguments, argument);
  return methods.some((allowed) => allowed === method);
};

export const pathPrefix: Rule<"path-prefix"> = ({ argument, prefixes }, { call }) => {
  const url = argumentOf(call.arguments, argument);
  const path = typeof url === "string" ? plainPathOf(url) : null;
  return path !== null && prefixes.some((prefix) => isPathUnder(path, prefix));
};

/**
 * Whether everything that an argument points at lies in a folder; nothing does where it points at no path. A change of thousands of
 * files is looked at once, whatever the number of limits.
 */
export const pathsWithin = (resources: readonly ResolvedResource[]): NonNullable<CallFacts["within"]> => {
  const pathsOf = oncePerText((argument: string) => {
    const paths = resources.flatMap((one) => (one.argument === argument && one.kind === "path" ? [one.value] : []));
    const isPlain = paths.length > 0 && paths.every(isPlainPath);
    return oncePerText(
      (root: string) => isPlain && (root === "" || isPlainPath(root)) && paths.every((path) => isWithin(path, root)),
    );
  });
  return (argument, root) => pathsOf(argument)(root);
};

export const pathWithin: Rule<"path-within"> = ({ argument, root }, { within, resources }) =>
  (within ?? pathsWithin(resources))(argument, root);

export const recipientIn: Rule<"recipient-in"> = ({ argument, recipients }, facts) =>
  someAndEvery(facts, argument, "recipient", (address) => recipients.includes(address));

export const programIn: Rule<"program-in"> = ({ argument, programs }, facts) =>
  someAndEvery(facts, argument, "executable", (program) => program !== "" && programs.includes(program));
