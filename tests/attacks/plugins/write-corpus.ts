/** Writes the hostile plugins as a corpus to standard output: `node tests/attacks/plugins/write-corpus.ts [GENERATED [SEED]] > FILE`. */
import { corpusOf } from "./corpus.ts";
import { generatedFrom } from "./grammar.ts";
import { HOSTILE } from "./hostile/index.ts";

const [count = "0", seed = "1"] = process.argv.slice(2);
process.stdout.write(corpusOf([...HOSTILE, ...generatedFrom(Number(seed), Number(count))]));
