/** Says how the wall stands for whoever runs it, as one line of JSON. */
import { createWall } from "../wall.ts";

process.stdout.write(JSON.stringify(await createWall().check()));
