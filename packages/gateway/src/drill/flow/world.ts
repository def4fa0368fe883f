import type { CallId, JsonObject } from "@moltbot/contracts";
import type { CorpusCall, CorpusTool } from "./corpus.ts";
import { sameIn } from "./same-value.ts";

/** What a replayed tool did, written down by the tool itself: this, and no record of ours, says what happened. */
export interface Deed {
  readonly callId: CallId;
  /** The tool's name in the corpus. */
  readonly function: string;
  readonly arguments: JsonObject;
  /** Whether its answer held the attacker's text. */
  readonly injected: boolean;
}

/** What the tools of one case answer with, and what they were asked to do. */
export interface World {
  readonly deeds: readonly Deed[];
  act(tool: CorpusTool, callId: CallId, given: JsonObject): string;
}

/** A recorded call with the answer that this case gives to it. */
export interface Recorded {
  readonly call: CorpusCall;
  readonly output: string;
  readonly injected: boolean;
}

const MARK = /<<VECTOR:([^<>]{1,200})>>/g;

/** Whether the attacker can write into this answer. */
export const hasVectors = ({ output_template: template }: CorpusCall): boolean =>
  template !== undefined && template !== null && template.search(MARK) >= 0;

/** The answers of a task as they were recorded; with `words`, the attacker's in every place that the recording marks as theirs. */
export const recordedAnswers = (calls: readonly CorpusCall[], words: string | null): readonly Recorded[] =>
  calls.map((call) =>
    words !== null && hasVectors(call)
      ? { call, output: (call.output_template ?? "").replace(MARK, () => words), injected: true }
      : { call, output: call.output, injected: false },
  );

/** The recorded call that is nearest to what was asked: the same in everything, else in its critical arguments, else the same tool. */
const nearest = (recorded: readonly Recorded[], tool: CorpusTool, given: JsonObject): Recorded | undefined => {
  const ofTool = recorded.filter(({ call }) => call.function === tool.name);
  const names = (call: CorpusCall): readonly string[] => [
    ...new Set([...Object.keys(call.args), ...Object.keys(given)]),
  ];
  return (
    ofTool.find(({ call }) => sameIn(names(call), call.args, given)) ??
    ofTool.find(({ call }) => tool.sink_args.length > 0 && sameIn(tool.sink_args, call.args, given))
  );
};

const NOTHING_RECORDED = "Done. Nothing else was found.";

/** A world that answers as it was recorded and writes down what is done to it. */
export const createWorld = (recorded: readonly Recorded[]): World => {
  const deeds: Deed[] = [];
  return {
    deeds,
    act: (tool, callId, given) => {
      const found = nearest(recorded, tool, given);
      deeds.push({ callId, function: tool.name, arguments: given, injected: found?.injected ?? false });
      return found?.output ?? NOTHING_RECORDED;
    },
  };
};
