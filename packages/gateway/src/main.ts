/** The gateway from its sources, for development; `./moltbot start` runs the built one. */
import { runGateway } from "./index.ts";

process.exitCode = await runGateway(process.argv.slice(2), () => undefined);
