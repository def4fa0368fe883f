import { EFFECT_CLASSES, effectOf } from "@moltbot/contracts";
import type { PluginInput, PluginManifest, PluginPermission, PluginTool } from "@moltbot/contracts";
import type { Power } from "./power.ts";

type Property = PluginInput["properties"][string];

const quoted = (text: string): string => `“${text}”`;

interface Bound {
  readonly name: string;
  readonly given: number | undefined;
  /** Grows with what is let in. */
  readonly amount: number;
}

const most = (name: string, given: number | undefined): Bound => ({ name, given, amount: given ?? Infinity });
const least = (name: string, given: number | undefined): Bound => ({
  name,
  given,
  amount: given === undefined ? Infinity : -given,
});

const boundsOf = (property: Property): readonly Bound[] => {
  switch (property.type) {
    case "string":
      return [most("longest text", property.maxLength)];
    case "number":
    case "integer":
      return [most("largest number", property.maximum), least("smallest number", property.minimum)];
    case "boolean":
      return [];
    case "array":
      return [most("longest list", property.maxItems)];
  }
};

/** What of one argument models read, and what it may be; `at` and `key` lead to it, `of` to the argument. */
const powersOfValue = (property: Property, at: string, key: string, of: string): readonly Power[] => {
  const choices = property.type === "string" ? property.enum : undefined;
  return [
    { key: `${key} type`, says: `${at} is of the type ${property.type}.`, text: property.type, of },
    ...(property.description === undefined
      ? []
      : [
          {
            key: `${key} description`,
            says: `${at} is described to models as ${quoted(property.description)}.`,
            text: property.description,
            of,
            isRead: true as const,
          },
        ]),
    ...(choices ?? []).map((choice) => ({
      key: `${key} choice ${choice}`,
      says: `${at} may be ${quoted(choice)}, which models read.`,
      of,
      isRead: true as const,
    })),
    ...(property.type === "string" && choices === undefined
      ? [{ key: `${key} any text`, says: `${at} may be any text.`, of }]
      : []),
    ...boundsOf(property).map(({ name, given, amount }) => ({
      key: `${key} ${name}`,
      says: `${at}: the ${name} is ${given === undefined ? "not limited" : String(given)}.`,
      amount,
      of,
    })),
    ...(property.type === "array" ? powersOfValue(property.items, `Each of ${at}`, `${key} item`, of) : []),
  ];
};

const powersOfTool = (plugin: string, tool: PluginTool): readonly Power[] => {
  const name = `${plugin}.${tool.name}`;
  const key = `tool ${tool.name}`;
  const properties = Object.entries(tool.input.properties);
  return [
    { key, says: `A tool ${name}: ${quoted(tool.description)}.` },
    { key: `${key} title`, says: `The title of ${name} is ${quoted(tool.title)}.`, text: tool.title, of: key },
    {
      key: `${key} description`,
      says: `${name} is described to models as ${quoted(tool.description)}.`,
      text: tool.description,
      of: key,
    },
    ...properties.flatMap(([argument, property]): readonly Power[] => {
      const at = `The argument ${argument} of ${name}`;
      const own = `${key} argument ${argument}`;
      const role = tool.roles?.[argument] ?? "nothing";
      const given = tool.input.required.includes(argument) ? "must be given" : "may be left out";
      return [
        { key: own, says: `${name} takes an argument ${argument}.`, of: key },
        { key: `${own} given`, says: `${at} ${given}.`, text: given, of: own },
        { key: `${own} role`, says: `${at} stands for ${role}.`, text: role, of: own },
        ...powersOfValue(property, at, own, own),
      ];
    }),
  ];
};

const powersOfPermission = (permission: PluginPermission): readonly Power[] => {
  switch (permission.kind) {
    case "http":
      return [
        ...permission.hosts.map((host) => ({ key: `host ${host}`, says: `It may send web requests to ${host}.` })),
        ...(permission.chosen
          ? [{ key: "chosen hosts", says: "It may send web requests to hosts that you name for it." }]
          : []),
        ...permission.methods.map((method) => ({ key: `method ${method}`, says: `Its requests may be ${method}.` })),
      ];
    case "storage":
      return [
        {
          key: "storage",
          says: `It may keep up to ${String(permission.bytes)} bytes of its own for each person.`,
          amount: permission.bytes,
        },
      ];
    case "secret":
      return [
        {
          key: `secret ${permission.name} ${permission.host}`,
          says: `It may use the secret ${permission.name}, sent to ${permission.host}.`,
        },
      ];
    case "events":
      return [
        ...permission.hears.map((event) => ({ key: `hears ${event}`, says: `It is told when ${event} happens.` })),
        ...(permission.emits ? [{ key: "emits", says: "It may tell the house of events of its own." }] : []),
      ];
    case "tools":
      return permission.names.map((tool) => ({ key: `uses ${tool}`, says: `It may call ${tool} through the guard.` }));
  }
};

const LIMITS = {
  cpuMs: "milliseconds of the processor for each call",
  seconds: "seconds for each call",
  memoryMiB: "MiB of memory",
  callsPerMinute: "calls a minute",
  outputBytes: "bytes in one answer",
  asksPerCall: "requests to the house during one call",
} as const satisfies Readonly<Record<keyof PluginManifest["limits"], string>>;

/** All that a plugin may do, and every text of it that models read. */
export const powersOfPlugin = (manifest: PluginManifest): readonly Power[] => {
  const effect = effectOf(manifest);
  return [
    { key: "effect", says: `Its calls count as ${quoted(effect)}.`, amount: EFFECT_CLASSES.indexOf(effect) },
    ...manifest.tools.flatMap((tool) => powersOfTool(manifest.name, tool)),
    ...manifest.permissions.flatMap(powersOfPermission),
    ...Object.entries(LIMITS).map(([limit, what]) => {
      const amount = manifest.limits[limit as keyof typeof LIMITS]; // the keys of the table above
      return { key: `limit ${limit}`, says: `It may use ${String(amount)} ${what}.`, amount };
    }),
  ];
};
