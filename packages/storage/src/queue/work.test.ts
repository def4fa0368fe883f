import { onEveryPlace } from "../testing/index.ts";
import { jobContract } from "./testing/job-contract.ts";
import { outboxContract } from "./testing/outbox-contract.ts";
import { scheduleContract } from "./testing/schedule-contract.ts";
import { engineOf } from "./testing/work-engine.ts";

onEveryPlace((places) => {
  const engine = engineOf(places);
  jobContract(engine);
  scheduleContract(engine);
  outboxContract(engine);
});
