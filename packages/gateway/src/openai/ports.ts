import type { OperationPorts } from "../operations/index.ts";

/** What the surface reaches. */
export interface OpenAiPorts {
  readonly operations: OperationPorts;
  /** Whether the keys of that subject (`conversation:<id>`) were destroyed: nothing can ever begin under its id again. */
  readonly isErased: (subject: string) => boolean;
}
