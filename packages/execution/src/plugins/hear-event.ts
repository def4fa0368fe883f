import { permissionOf } from "@moltbot/contracts";
import type { DomainEvent, PrincipalId } from "@moltbot/contracts";
import type { Hearer } from "./hearing.ts";
import type { HostParts } from "./host-parts.ts";
import type { Loaded } from "./loaded-plugins.ts";

/** A person's own instance, told of one event: it has its box and its log, and no way out. */
const hearerOf = ({ loaded, instances, ports }: HostParts, one: Loaded, person: PrincipalId): Hearer => {
  const { plugin } = one;
  const { name: pluginName, limits } = plugin.manifest;
  return {
    key: `${pluginName} ${person}`,
    plugin: pluginName,
    tell: async (scope, name, args) => {
      if (loaded.find(pluginName) !== one || !one.people.has(person)) return;
      const instance = instances.of(plugin, person, [person]);
      if (!instance.ok) return;
      const signal = AbortSignal.timeout(limits.seconds * 1_000);
      const { result } = await instance.value.call({ kind: "event", name, args, scope, run: null, hosts: [], signal });
      if (!result.ok) ports.log.info("a plugin could not hear", { plugin: pluginName, code: result.error.code });
    },
  };
};

/**
 * Passes an event on to every plugin that names it in its manifest and has a function for it, once for each person whom it concerns and
 * for whom the plugin was called before.
 */
export const hearEvent = (parts: HostParts, event: DomainEvent): void => {
  for (const one of parts.loaded.all()) {
    const hears = permissionOf(one.plugin.manifest, "events")?.hears ?? [];
    if (!hears.some((name) => name === event.name) || one.handlers?.has(event.name) !== true) continue;
    for (const person of new Set(event.audience)) {
      if (!one.people.has(person)) continue;
      const scope = { tenantId: event.tenantId, principalId: person, reach: "own" } as const;
      parts.hearing.pass(event, scope, hearerOf(parts, one, person));
    }
  }
};
