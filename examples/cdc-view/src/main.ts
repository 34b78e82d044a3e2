/** Runs the example: `npm start -- cdc-view`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
