import { injectFromHierarchy, type Newable } from 'inversify';
import { createContainer } from '../services/container';
import { LogTarget, type RequestLogger } from '../services/RequestLogger';
import { NotMade } from './NotMade';

/**
 * Lets the container create a server, and the parameters of its constructor. @throws NotMade when a parameter
 * is missing; and everything that the constructors throw.
 */
export async function createServer<Server extends object>(
  Server: Newable<Server>,
  target = new LogTarget(''),
  Logger?: Newable<RequestLogger>,
): Promise<Server> {
  const container = createContainer(target, Logger);
  try {
    // A class without a constructor gets the parameters of its base class.
    injectFromHierarchy({ extendConstructorArguments: true })(Server);
    container.bind(Server).toSelf();
    return await container.getAsync(Server);
  } catch (error) {
    throw inWords(Server.name, error);
  }
}

/** inversify wraps the errors of a constructor, and its messages need knowledge of inversify. */
function inWords(name: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.cause instanceof Error) return error.cause;
  const missing = /No bindings found for service: "(.+)"/.exec(error.message)?.[1];
  if (missing !== undefined) {
    return new NotMade(
      `the constructor of ${name} needs a ${missing}, which src/services/container.ts does not bind`,
      { cause: error },
    );
  }
  if (error.message.includes('missing metadata')) {
    return new NotMade(
      `the constructor of ${name} has parameters: write @injectable() above the class, and use a class as the type of each parameter`,
      { cause: error },
    );
  }
  const twice = /Ambiguous bindings found for service: "(.+)"/.exec(error.message)?.[1];
  if (twice !== undefined) {
    return new NotMade(
      `the constructor of ${name} needs a ${twice}, and src/services/container.ts binds it twice: bind it only once`,
      { cause: error },
    );
  }
  const [first = ''] = error.message.split('\n', 1);
  return new NotMade(`the container could not create ${name}: ${first}`, { cause: error });
}
