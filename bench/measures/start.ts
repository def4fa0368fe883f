import { readFileSync } from "node:fs";
import { newPlace, startGatewayProcess } from "../../tests/support/gateway-process.ts";
import { median } from "../result.ts";
import type { Figure } from "../result.ts";

const RUNS = 7;

/** Resident bytes of a process (Linux), or NaN where /proc does not exist. */
const residentOf = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1]) * 1024;
  } catch {
    return Number.NaN;
  }
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Start to ready on an existing home, and resident memory when idle, without the model loaded. */
export const measureStart = async (): Promise<readonly Figure[]> => {
  const place = newPlace();
  const first = await startGatewayProcess(place);
  await first.kill("SIGTERM");
  const starts: number[] = [];
  const sizes: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const gateway = await startGatewayProcess(place);
    starts.push(gateway.startMilliseconds / 1000);
    await pause(1_500);
    sizes.push(residentOf(gateway.pid) / 1024 / 1024);
    await gateway.kill("SIGTERM");
  }
  place.remove();
  return [
    { name: "start to ready", value: median(starts), unit: "s", limit: 1, sense: "most", scaled: true },
    {
      name: "idle resident memory, model not loaded",
      value: median(sizes),
      unit: "MiB",
      limit: 150,
      sense: "most",
      scaled: false,
    },
  ];
};
