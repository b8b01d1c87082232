import { injectFromHierarchy, type Newable } from 'inversify';
import { createContainer } from '../services/container';
import { LogTarget, type RequestLogger } from '../services/RequestLogger';
import { NotMade } from './NotMade';

/**
 * Has the container make a server, and all that its constructor is given.
 * @throws NotMade when something of it is missing, and what the constructors throw.
 */
export async function createServer<Server extends object>(
  Server: Newable<Server>,
  target = new LogTarget(''),
  Logger?: Newable<RequestLogger>,
): Promise<Server> {
  const container = createContainer(target, Logger);
  try {
    // A class without a constructor is given what the one that it extends is given.
    injectFromHierarchy({ extendConstructorArguments: true })(Server);
    container.bind(Server).toSelf();
    return await container.getAsync(Server);
  } catch (error) {
    throw inWords(Server.name, error);
  }
}

/** inversify wraps what went wrong in a constructor, and its own words are for those who know it. */
function inWords(name: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.cause instanceof Error) return error.cause;
  const missing = /No bindings found for service: "(.+)"/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return new NotMade(
      `the constructor of ${name} wants a ${missing}, which src/services/container.ts does not have`,
      { cause: error },
    );
  }
  if (error.message.includes('missing metadata')) {
    return new NotMade(
      `the constructor of ${name} is given something: the class needs @injectable() above it, and each parameter a class for its type`,
      { cause: error },
    );
  }
  const twice = /Ambiguous bindings found for service: "(.+)"/.exec(error.message)?.[1];
  if (twice !== undefined) {
    return new NotMade(
      `the constructor of ${name} wants a ${twice}, and src/services/container.ts binds it twice: only one can be given`,
      { cause: error },
    );
  }
  const [first = ''] = error.message.split('\n', 1);
  return new NotMade(`the container could not make ${name}: ${first}`, { cause: error });
}
