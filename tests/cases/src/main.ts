/** `npm run cases`. */
import { runCases } from './cli.ts';

process.exitCode = await runCases(process.argv.slice(2), { out: (text) => console.log(text), error: (text) => console.error(text) });
