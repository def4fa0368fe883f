/** A little gateway for the test that kills it: asks the model one thing, prints the worker's process id and waits. */
import { createModelWorker } from "../demo/model-worker.ts";
import { workerSettings } from "./model-harness.ts";

const worker = createModelWorker(workerSettings());
for await (const event of worker.complete("<|user|>hello<|bot|>", 60, new AbortController().signal)) {
  if (!event.ok) process.exit(1);
}
process.stdout.write(`${worker.pid()}\n`);
setInterval(() => undefined, 1000);
