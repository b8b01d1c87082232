import 'reflect-metadata';
import { Container, ContainerModule } from 'inversify';
import { Clock, SystemClock } from './services/Clock';
import { LogFolder, NumberedFileLogger } from './services/NumberedFileLogger';
import { RequestLogger } from './services/RequestLogger';

/** The composition root: the one place that says which class stands behind which abstract one. */
export function createContainer(logFolder: LogFolder): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  const bindings = new ContainerModule(({ bind }) => {
    bind(Clock).to(SystemClock);
    bind(RequestLogger).to(NumberedFileLogger);
    bind(LogFolder).toConstantValue(logFolder);
  });
  container.load(bindings);
  return container;
}
