/** Runs inside the small internet (see small-internet.ts): a whole house at work with a repository at a public address. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startAttackHouse } from "./attack-house.ts";
import { startGitServer } from "./git-server.ts";
import { startNameServer } from "./name-server.ts";
import { cloneAndMend, PROJECT, rulesOf, startsOf, untilReady, work } from "./ordinary-work.ts";
import type { WorkReport } from "./small-internet.ts";

const HOST = "moltbot.example"; // as the certificate names it
const ADDRESS = "93.184.216.34";

const names = await startNameServer({ [HOST]: [[{ type: "A", address: ADDRESS }]] }, { port: 53 });
const server = await startGitServer("sum", PROJECT, { host: HOST, address: ADDRESS, port: 443 });
const house = await startAttackHouse();
const workspace = house.workspaceOf(house.agent.id);
writeFileSync(join(workspace, "ca.pem"), server.certificate);
await untilReady(house);
const { asked, results } = await work(house, cloneAndMend(server.url, `${HOST}:443`));
const report: WorkReport = {
  asked: rulesOf(asked),
  ended: startsOf(results),
  file: readFileSync(join(workspace, "sum/src/sum.js"), "utf8"),
  served: server.asked,
};
await house.checkAudit();
await house.close();
await server.close();
await names.close();
process.stdout.write(JSON.stringify(report));
