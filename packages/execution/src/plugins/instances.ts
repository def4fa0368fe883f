import { ok } from "@moltbot/contracts";
import type { PrincipalId, Readers, Result } from "@moltbot/contracts";
import { audienceName } from "./audience.ts";
import type { Instance } from "./instance.ts";
import type { PluginToRun } from "./plugin-host.ts";
import { overLimit } from "./refusals.ts";

const MOST = 16;
const MOST_OF_A_PERSON = 8;

/** An instance with what it takes to end it. */
export interface Kept {
  readonly key: string;
  readonly instance: Instance;
  /** Ends its process; resolves when it is gone. */
  end(): Promise<void>;
}

/** Every instance that there is, by plugin, person and readers. */
export interface Instances {
  /** The one that there is, or a new one; PLUGIN_LIMIT where too many run at once. */
  of(plugin: PluginToRun, person: PrincipalId, audience: Readers): Result<Instance>;
  all(): readonly Instance[];
  /** Stops those at once; resolves when their processes are gone. */
  endWhere(which: (instance: Instance) => boolean): Promise<void>;
}

/** Bytes, person and readers: what was told under one key is never there under another. */
export const keyOf = ({ digest }: Pick<PluginToRun, "digest">, person: PrincipalId, audience: Readers): string =>
  [digest, person, audienceName(audience)].join(" ");

export type KeyOf = typeof keyOf;

export const createInstances = (
  open: (key: string, plugin: PluginToRun, person: PrincipalId, audience: Readers) => Kept,
  key: KeyOf = keyOf,
): Instances => {
  /** The longest unused first. */
  const kept = new Map<string, Kept>();
  const ending = new Set<Promise<void>>();

  const end = (one: Kept): Promise<void> => {
    kept.delete(one.key);
    one.instance.stop();
    // What is thrown here would end the gateway: many end an instance, and few wait for it.
    const gone = one.end().then(
      () => void ending.delete(gone),
      () => void ending.delete(gone),
    );
    ending.add(gone);
    return gone;
  };
  const idle = (which: (instance: Instance) => boolean): Kept | undefined =>
    [...kept.values()].find(({ instance }) => which(instance) && instance.running() === 0);
  const makeRoom = (person: PrincipalId): boolean => {
    const own = [...kept.values()].filter(({ instance }) => instance.person === person).length;
    const isOwn = own >= MOST_OF_A_PERSON;
    if (!isOwn && kept.size < MOST) return true;
    const unused = idle((instance) => !isOwn || instance.person === person);
    if (unused === undefined) return false;
    void end(unused);
    return true;
  };

  return {
    of: (plugin, person, audience) => {
      const wanted = key(plugin, person, audience);
      const known = kept.get(wanted);
      if (known === undefined && !makeRoom(person))
        return overLimit(plugin.manifest.name, "too many plugins run at once");
      const one = known ?? open(wanted, plugin, person, audience);
      kept.delete(wanted);
      kept.set(wanted, one);
      return ok(one.instance);
    },
    all: () => [...kept.values()].map(({ instance }) => instance),
    endWhere: async (which) => {
      const ended = [...kept.values()].filter(({ instance }) => which(instance)).map(end);
      await Promise.all([...ended, ...ending]);
    },
  };
};
