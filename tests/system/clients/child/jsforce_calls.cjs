// What the tests let jsforce do: node jsforce_calls.cjs <function>, arguments as JSON on standard input.
'use strict';

const fs = require('node:fs');
const jsforce = require('jsforce');

const connect = ({ url, token }) => new jsforce.Connection({ instanceUrl: url, accessToken: token, version: '62.0', logLevel: 'FATAL' });

const refusal = async (call) => {
  try {
    await call();
  } catch (error) {
    return [error.errorCode || error.name, error.message];
  }
  return null;
};

const calls = {
  async soap({ url, username, password }) {
    const conn = new jsforce.Connection({ loginUrl: url, version: '62.0', logLevel: 'FATAL' });
    const user = await conn.login(username, password);
    const identity = await conn.identity();
    const wrong = await refusal(() => new jsforce.Connection({ loginUrl: url, logLevel: 'FATAL' }).login(username, 'x'));
    const late = new jsforce.Connection({ instanceUrl: conn.instanceUrl, accessToken: conn.accessToken, logLevel: 'FATAL' });
    await conn.logout();
    const after = await refusal(() => late.query('SELECT Id FROM User'));
    return { user, identity: identity.username, wrong, after };
  },

  async oauth({ url, username, password, clientId, clientSecret, assertion, refreshToken }) {
    const oauth2 = { loginUrl: url, clientId, clientSecret, redirectUri: 'http://localhost:1717/OauthRedirect' };
    const told = {};
    const byPassword = new jsforce.Connection({ oauth2, logLevel: 'FATAL' });
    await byPassword.login(username, password);
    told.password = (await byPassword.identity()).username;
    const byApp = new jsforce.Connection({ oauth2, logLevel: 'FATAL' });
    await byApp.authorize({ grant_type: 'client_credentials' });
    told.app = (await byApp.identity()).username;
    const byKey = new jsforce.Connection({ oauth2, logLevel: 'FATAL' });
    await byKey.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
    told.jwt = (await byKey.identity()).username;
    const expired = new jsforce.Connection({ oauth2, instanceUrl: url, accessToken: '00D!expired', refreshToken, logLevel: 'FATAL' });
    const refreshed = [];
    expired.on('refresh', (token) => refreshed.push(token));
    told.refreshed = [(await expired.query('SELECT Id FROM User')).totalSize > 0, refreshed.length];
    told.wrong = await refusal(() => new jsforce.Connection({ oauth2, logLevel: 'FATAL' }).login(username, 'x'));
    return told;
  },

  async reading({ connection }) {
    const conn = connect(connection);
    const first = await conn.query('SELECT Id FROM Account');
    const more = await conn.queryMore(first.nextRecordsUrl);
    const all = await conn.query('SELECT Id, Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account ORDER BY Name', { autoFetch: true, maxFetch: 10000 });
    const found = await conn.sobject('Contact').find({ LastName: { $like: 'C%' } }, ['Id', 'LastName', 'Account.Name']).sort({ LastName: 1 }).limit(2);
    const described = await conn.describe('Account');
    const versions = await conn.request('/services/data');
    const now = new Date(Date.now() + 60000);
    const updated = await conn.sobject('Account').updated(new Date(now - 3600000), now);
    return {
      first: [first.records.length, first.totalSize, first.done],
      more: more.records.length,
      all: [all.records.length, all.done],
      row: all.records[0],
      found,
      count: await conn.sobject('Account').count(),
      described: [described.name, described.keyPrefix, described.fields.length],
      global: (await conn.describeGlobal()).sobjects.length,
      limits: (await conn.limits()).DailyApiRequests,
      usage: conn.limitInfo.apiUsage,
      recent: updated.ids.length,
      versions: versions.map((item) => item.version).slice(-1),
      malformed: await refusal(() => conn.query('SELECT FROM Account')),
      unknown: await refusal(() => conn.sobject('Nothing__x').describe()),
    };
  },

  async rows({ connection }) {
    const conn = connect(connection);
    const contacts = conn.sobject('Contact');
    const made = await contacts.create({ LastName: 'Ørsted', Code__c: 'a/b c' });
    const many = await contacts.create([{ LastName: 'One', Code__c: '1' }, { FirstName: 'No' }, { LastName: 'Two', Code__c: '2' }]);
    const updated = await contacts.update({ Id: made.id, FirstName: 'Hans', Birthdate: '1777-08-14' });
    const upserted = await contacts.upsert({ Code__c: '1', Phone: '1' }, 'Code__c');
    const both = await contacts.upsert([{ Code__c: '2', Phone: '2' }, { Code__c: '3', LastName: 'Three' }], 'Code__c');
    const read = await contacts.retrieve(made.id);
    const several = await contacts.retrieve([made.id, many[0].id]);
    const deleted = await contacts.destroy([many[0].id, '003000000000000AAA']);
    const rolledBack = await conn.request({ method: 'POST', url: '/composite/sobjects', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ allOrNone: true, records: [{ attributes: { type: 'Contact' }, LastName: 'A' }, { attributes: { type: 'Contact' } }] }) });
    return {
      made, many, updated, upserted, both, deleted, read, several: several.map((row) => row.LastName), rolledBack,
      gone: await refusal(() => contacts.retrieve(many[0].id)),
      required: await refusal(() => contacts.create({ FirstName: 'No' })),
      names: (await conn.query('SELECT LastName FROM Contact ORDER BY LastName')).records.map((row) => row.LastName),
    };
  },

  async bulk1({ connection }) {
    const conn = connect(connection);
    const rows = [{ LastName: 'Ä, "1"', Code__c: '1' }, { LastName: '', Code__c: 'bad' }, { LastName: 'Two', Code__c: '2' }];
    const inserted = await conn.bulk.load('Contact', 'insert', rows);
    const upserted = await conn.bulk.load('Contact', 'upsert', { extIdField: 'Code__c' }, [{ Code__c: '1', FirstName: 'F', LastName: 'One' }, { Code__c: '3', FirstName: null, LastName: 'Three' }]);
    const updated = await conn.bulk.load('Contact', 'update', [{ Id: inserted[2].id, Phone: '2' }]);
    const queried = await (await conn.bulk.query('SELECT Id, LastName, FirstName FROM Contact ORDER BY LastName')).toArray();
    const deleted = await conn.bulk.load('Contact', 'delete', [{ Id: inserted[2].id }]);
    return { inserted, upserted, updated, queried, deleted, refused: await refusal(async () => (await conn.bulk.query('SELECT Nope FROM Contact')).toArray()) };
  },

  async bulk2({ connection }) {
    const conn = connect(connection);
    conn.bulk2.pollInterval = 300;
    const rows = [{ LastName: 'Ä, "1"', Code__c: '1' }, { LastName: '', Code__c: 'bad' }, { LastName: 'Two', Code__c: '2' }];
    const inserted = await conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'insert', input: rows });
    const upserted = await conn.bulk2.loadAndWaitForResults({ object: 'Contact', operation: 'upsert', externalIdFieldName: 'Code__c', input: 'Code__c;FirstName;LastName\n1;F;One\n3;#N/A;Three\n', columnDelimiter: 'SEMICOLON' });
    const job = conn.bulk2.createJob({ object: 'Contact', operation: 'delete' });
    await job.open();
    const two = inserted.successfulResults.find((row) => row.Code__c === '2');
    await job.uploadData([{ Id: two.sf__Id }]);
    await job.close();
    await job.poll(300, 20000);
    const checked = await job.check();
    const deleted = await job.getSuccessfulResults();
    await job.delete();
    const queried = await (await conn.bulk2.query('SELECT Id, LastName, FirstName FROM Contact ORDER BY LastName')).toArray();
    const everything = await (await conn.bulk2.query('SELECT Id, IsDeleted FROM Contact', { scanAll: true })).toArray();
    const given = conn.bulk2.createJob({ object: 'Contact', operation: 'insert' });
    await given.open();
    await given.abort();
    return { inserted, upserted, checked, deleted, queried, everything: everything.map((row) => row.IsDeleted).sort(), aborted: (await given.check()).state, refused: await refusal(async () => (await conn.bulk2.query('SELECT Nope FROM Contact')).toArray()), none: await (await conn.bulk2.query("SELECT Id FROM Contact WHERE LastName = 'None'")).toArray() };
  },

  async report({ connection, name }) {
    const conn = connect(connection);
    const { records: [{ Id: id }] } = await conn.query(`SELECT Id FROM Report WHERE Name = '${name}'`);
    const report = conn.analytics.report(id);
    const described = await report.describe();
    const run = await report.execute({ details: true });
    const narrowed = await report.execute({ details: true, metadata: { reportMetadata: { reportFilters: [{ column: 'EMPLOYEES', operator: 'greaterThan', value: '1000' }] } } });
    const instance = await report.executeAsync({ details: true });
    let later = null;
    for (let tries = 0; tries < 50; tries += 1) {
      later = await report.instance(instance.id).retrieve();
      if (later.attributes.status === 'Success') break;
      await new Promise((done) => setTimeout(done, 100));
    }
    return {
      listed: (await conn.analytics.reports()).some((item) => item.id === id),
      instances: (await report.instances()).length,
      format: described.reportMetadata.reportFormat,
      rows: run.factMap['T!T'].rows.length,
      narrowed: narrowed.factMap['T!T'].rows.length,
      later: later.factMap['T!T'].rows.length,
    };
  },

  async metadata({ connection }) {
    const conn = connect(connection);
    const field = { fullName: 'Account.Score__c', label: 'Score', type: 'Number', precision: 5, scale: 2 };
    const made = await conn.metadata.create('CustomField', [field, { fullName: 'Account.Bad__c', label: 'Bad', type: 'Nope' }]);
    const read = await conn.metadata.read('CustomField', 'Account.Score__c');
    const updated = await conn.metadata.update('CustomField', { ...field, label: 'Fit' });
    const upserted = await conn.metadata.upsert('CustomField', { fullName: 'Account.Note__c', label: 'Note', type: 'Text', length: 20 });
    const twice = await conn.metadata.create('CustomField', field);
    const object = await conn.metadata.create('CustomObject', { fullName: 'Thing__c', label: 'Thing', pluralLabel: 'Things', nameField: { type: 'Text', label: 'Name' }, deploymentStatus: 'Deployed', sharingModel: 'ReadWrite' });
    const deleted = await conn.metadata.delete('CustomField', ['Account.Note__c']);
    const grant = await conn.metadata.upsert('PermissionSet', { fullName: 'Scorers', label: 'Scorers', fieldPermissions: [{ field: 'Account.Score__c', readable: true, editable: true }] });
    const tooling = await conn.tooling.query("SELECT DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'Score'");
    const byTooling = await conn.tooling.sobject('CustomField').create({ FullName: 'Account.Tier__c', Metadata: { type: 'Text', label: 'Tier', length: 3 } });
    return { made, read, updated, upserted, twice, object, deleted, grant, tooling: tooling.records[0], byTooling };
  },
};

calls[process.argv[2]](JSON.parse(fs.readFileSync(0, 'utf8'))).then(
  (told) => process.stdout.write(`\n${JSON.stringify(told)}\n`),
  (error) => {
    process.stderr.write(`${error.stack}\n${JSON.stringify(error)}\n`);
    process.exitCode = 1;
  },
);
