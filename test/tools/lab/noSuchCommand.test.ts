import { expect } from 'chai';
import { noSuchCommand } from '../../../tools/lab/noSuchCommand';

describe('A command that is not there', () => {
  it('is named, and on Windows so is what python3 is called there', () => {
    expect(noSuchCommand('python3', 'linux')).to.equal('there is no command "python3"');
    expect(noSuchCommand('java', 'win32')).to.equal('there is no command "java"');
    expect(noSuchCommand('python3', 'win32')).to.equal(
      'there is no command "python3"; on Windows it is python, or py',
    );
  });
});
