/** Loads codec libraries on first use. They are optional, since their prebuilt binaries do not exist for every platform. */
import { createRequire } from 'node:module';
import { messageOf, unavailable } from './faults.ts';

const require = createRequire(import.meta.url);
const loaded = new Map<string, unknown>();

/**
 * The library, checked for one of its functions.
 * @throws ProtocolError MR_COMPRESSION_UNAVAILABLE with the command that installs it
 */
export function loadOptional<Library>(compression: string, packageName: string, probe: keyof Library & string): Library {
  let library = loaded.get(packageName);
  if (library === undefined) {
    try {
      library = require(packageName);
    } catch (error) {
      throw unavailable(compression, `install it with "npm install ${packageName}" (${messageOf(error)})`, error);
    }
    const found = (library as Partial<Record<string, unknown>> | undefined)?.[probe];
    if (typeof found !== 'function')
      throw unavailable(compression, `the installed package ${packageName} has no ${probe}, install its pinned version`);
    loaded.set(packageName, library);
  }
  // The probe tells the pinned version's interface from anything else under that name.
  return library as Library;
}
