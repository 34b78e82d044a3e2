/** Runs the example: `npm start -- deduplication`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
