import { spawn } from "node:child_process";
import { join } from "node:path";
import { newPlace, PROJECT, startGatewayProcess } from "../../tests/support/gateway-process.ts";
import type { Place } from "../../tests/support/gateway-process.ts";
import { median } from "../result.ts";
import type { Figure } from "../result.ts";

const RUNS = 11;

const time = (place: Place, argv: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(join(PROJECT, "moltbot"), argv, { env: place.environment, stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", () => resolve((performance.now() - began) / 1000));
  });

const times = async (place: Place, argv: readonly string[]): Promise<number> => {
  const samples: number[] = [];
  for (let run = 0; run < RUNS + 2; run += 1) samples.push(await time(place, argv));
  return median(samples.slice(2));
};

/** The whole command line, from the shell's exec to its end: `--help`, and what it adds to the server's own answer. */
export const measureCommands = async (): Promise<readonly Figure[]> => {
  const place = newPlace();
  const help = await times(place, ["--help"]);
  const gateway = await startGatewayProcess(place);
  const status = await times(place, ["status"]);
  const answers: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const began = performance.now();
    await gateway.client.call("system.status", {});
    answers.push((performance.now() - began) / 1000);
  }
  await gateway.kill("SIGTERM");
  place.remove();
  return [
    { name: "--help", value: help, unit: "s", limit: 0.15, sense: "most", scaled: true },
    {
      name: "status command over the server's answer",
      value: status - median(answers),
      unit: "s",
      limit: 0.1,
      sense: "most",
      scaled: true,
    },
  ];
};
