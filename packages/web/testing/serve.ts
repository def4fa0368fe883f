/** Serves the built page on the mock gateway, for looking at it: `node packages/web/testing/serve.ts`. */
import { join } from "node:path";
import { startMockGateway } from "./mock-gateway.ts";

const gateway = await startMockGateway({
  webDirectory: join(import.meta.dirname, "..", "..", "..", "dist", "web"),
  port: 18799,
});
process.stdout.write(`${gateway.link()}\n`);
