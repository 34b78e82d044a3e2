/** `npm run fuzz`. */
import { runFuzz } from './cli.ts';

process.exitCode = await runFuzz(process.argv.slice(2), { out: (text) => console.log(text), error: (text) => console.error(text) });
