import 'reflect-metadata';
import { Container, ContainerModule, type Newable } from 'inversify';
import { Clock, SystemClock } from './Clock';
import { NumberedFileLogger } from './NumberedFileLogger';
import { LogTarget, RequestLogger } from './RequestLogger';

/** The composition root: the one file that binds each abstract class to a real one. */
export function createContainer(
  target: LogTarget,
  Logger: Newable<RequestLogger> = NumberedFileLogger,
): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  const bindings = new ContainerModule(({ bind }) => {
    bind(Clock).to(SystemClock);
    bind(RequestLogger).to(Logger);
    bind(LogTarget).toConstantValue(target);
  });
  container.load(bindings);
  return container;
}
