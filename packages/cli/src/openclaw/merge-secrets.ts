import type { FoundSecret } from "./found.ts";

/** The same value is one secret, wherever it stands; names that two values have are told apart. */
export const mergeSecrets = (all: readonly FoundSecret[]): readonly FoundSecret[] => {
  const byValue = new Map<string, FoundSecret>();
  const nameless: FoundSecret[] = [];
  for (const secret of all) {
    if (secret.value === "") {
      nameless.push(secret);
      continue;
    }
    const known = byValue.get(secret.value);
    // What one place knows of the hosts is true of the others.
    if (known === undefined) byValue.set(secret.value, secret);
    else
      byValue.set(secret.value, {
        ...known,
        hosts: known.hosts.length > 0 ? known.hosts : secret.hosts,
        provider: known.provider ?? secret.provider,
        at: [...known.at, ...secret.at],
        left: known.left === null || secret.left === null ? null : known.left,
      });
  }
  const taken = new Set<string>();
  return [...byValue.values(), ...nameless].map((secret) => {
    let name = secret.name;
    for (let n = 2; taken.has(name); n += 1) name = `${secret.name.slice(0, 60)}-${String(n)}`;
    taken.add(name);
    return { ...secret, name };
  });
};
