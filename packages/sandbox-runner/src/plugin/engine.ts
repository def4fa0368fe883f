/** What passes between a worker and the bridge inside an engine: strings and a number, whichever way. */
export interface Words {
  readonly kind: string;
  readonly token: string;
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

/** Called with whatever somebody inside says; it must not throw. */
export type Leave = (words: Words) => void;

/** How a visit of an engine ended; after `cpu` and `memory` it cannot go on. */
export type Visit =
  | { readonly kind: "done" }
  | { readonly kind: "threw"; readonly text: string }
  | { readonly kind: "cpu" }
  | { readonly kind: "memory" };

/** Runs one plugin, which reaches nothing but the bridge. One visit at a time, on the thread that asks for it: others would cost time. */
export interface Engine {
  /** Runs the module once and hands what it exports to the bridge. */
  load(source: string, milliseconds: number): Visit;
  /** Runs what the words cause, and all jobs that follow from them. */
  enter(words: Words, milliseconds: number): Visit;
  /** Time on a processor since the engine was made. */
  cpuMs(): number;
}

export interface EngineLimits {
  readonly memoryMiB: number;
  /** As JSON, for the bridge. */
  readonly bridge: string;
}

/** Where the gateway binds what an engine stands on. */
export const PLACES = Object.freeze({
  addon: "/moltbot/plugin/addon.node",
  wasm: "/moltbot/plugin/quickjs.wasm",
});

/** What a plugin threw, for its author: with the first place in its module that the stack names. */
export const withPlace = (text: string, stack: unknown): string => {
  const place = typeof stack === "string" ? /main\.js:\d+(?::\d+)?/.exec(stack)?.[0] : undefined;
  return place === undefined || text.includes(place) ? text : `${text} [${place}]`;
};

/** Why a worker ends itself. */
export type BrokenBy = "cpu" | "memory" | "unreadable" | "engine";
