/** Runs the example: `npm start -- anomaly-detection`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
