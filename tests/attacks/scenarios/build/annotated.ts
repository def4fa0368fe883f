/** Our own corpus: the format that is played, and what its builder works out beside it. */
import { z } from "zod";
import {
  CorpusCall,
  CorpusInjection,
  CorpusPair,
  CorpusSuite,
  CorpusTask,
  CorpusTool,
  FlowCorpus,
} from "../../../../packages/gateway/src/drill/flow/corpus.ts";

const Call = CorpusCall.extend({ output: z.string(), changed_state: z.array(z.string()) });

/** A call of a user's task; `<<VECTOR:id>>` in the template is where the attacker writes. */
const TaskCall = Call.extend({
  vectors_in_output: z.array(z.string()),
  output_template: z.string(),
  sink_provenance: z.string().optional(),
});

const Task = CorpusTask.extend({
  difficulty: z.string(),
  calls: z.array(TaskCall),
  vectors_seen: z.array(z.string()),
  /** The call whose answer first holds attacker's text; null where none does. */
  first_injected_call: z.int().nonnegative().nullable(),
  data_dependency: z.array(z.string()),
});

const Pair = CorpusPair.extend({
  attack_check_true_on_benign_run: z.boolean(),
  /** Which of the attack's calls the owner's task makes too, with the same arguments. */
  same_call_in_user_task: z.array(z.int().nonnegative()),
});

const Tool = CorpusTool.extend({
  parameters: z.object({
    type: z.literal("object"),
    properties: z.record(z.string(), z.record(z.string(), z.json())),
    required: z.array(z.string()),
  }),
});

const Suite = CorpusSuite.extend({
  tools: z.array(Tool),
  user_tasks: z.array(Task),
  injection_tasks: z.array(
    CorpusInjection.extend({ calls: z.array(Call), critical_calls: z.array(z.int().nonnegative()) }),
  ),
  pairs: z.array(Pair),
});

export const AnnotatedCorpus = FlowCorpus.extend({ suites: z.record(z.string(), Suite) });

export type AnnotatedCall = z.output<typeof Call>;
export type AnnotatedTask = z.output<typeof Task>;
export type AnnotatedSuite = z.output<typeof Suite>;
