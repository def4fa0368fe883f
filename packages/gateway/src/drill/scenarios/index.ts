/** The scenarios that ship with the product; each file is loaded only when it is played. */
import { flowCorpusOf } from "../flow/corpus.ts";
import type { FlowCorpus } from "../flow/corpus.ts";
import { BuiltInDrills } from "./schema.ts";
import type { BuiltInDrill } from "./schema.ts";

/** The drills on built-in tools. */
export const shippedDrills = async (): Promise<readonly BuiltInDrill[]> => {
  const { default: tree }: { readonly default: unknown } = await import("./built-in.json", { with: { type: "json" } });
  return BuiltInDrills.parse(tree).tasks;
};

/** Recorded tasks of owners with accounts that they connected, and attacks on them. */
export const shippedFlow = async (): Promise<FlowCorpus> => {
  const { default: tree }: { readonly default: unknown } = await import("./flow.json", { with: { type: "json" } });
  const read = flowCorpusOf(tree);
  if (!read.ok) throw new Error(read.fault.problem);
  return read.corpus;
};
