import type { ResolvedResource } from "@moltbot/contracts";
import type { CallFacts, Rule } from "./rule.ts";

/** A relative path of plain steps. `..`, absolute paths, backslashes and drive letters are no path inside anything. */
const isPlainPath = (path: string): boolean =>
  path.split("/").every((step) => step !== "" && step !== "." && step !== ".." && !/[\\:\0]/.test(step));

const isWithin = (path: string, root: string): boolean =>
  isPlainPath(path) && (root === "" || (isPlainPath(root) && (path === root || path.startsWith(`${root}/`))));

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

export const hostIn: Rule<"host-in"> = ({ argument, hosts }, facts) =>
  someAndEvery(facts, argument, "host", (host) => hosts.includes(host));

export const pathWithin: Rule<"path-within"> = ({ argument, root }, facts) =>
  someAndEvery(facts, argument, "path", (path) => isWithin(path, root));

export const recipientIn: Rule<"recipient-in"> = ({ argument, recipients }, facts) =>
  someAndEvery(facts, argument, "recipient", (address) => recipients.includes(address));
