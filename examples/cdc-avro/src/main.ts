/** Runs the example: `npm start -- cdc-avro`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
