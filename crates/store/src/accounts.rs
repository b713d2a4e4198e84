//! Accounts and the ledger. Every change of a balance is an entry with two lines that add up to nothing; lines are never changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sea_orm::FromQueryResult;
use tenantry_domain::account::{EntryKind, LedgerLine};
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::{Error, ErrorKind, LedgerEntryId, Money, Result, TenantId, Timestamp, UserId};

use crate::Tx;
use crate::sql::{Conn, Rows, Where, aggregate, exec, number, number_opt, rows, vals};

aggregate!(
    /// Accounts.
    Accounts,
    accounts
);

/// What is taken out of an account for what was used.
pub(crate) struct Debit {
    pub(crate) account: i64,
    pub(crate) amount: Money,
    pub(crate) memo: String,
}

/// The name of the platform's own account, the other side of every booking.
const PLATFORM: &str = "platform";

impl<X: Conn> Accounts<'_, X> {
    /// A tenant's balance; none when it has no account yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn balance(&self, tenant: TenantId) -> Result<Option<Money>> {
        Ok(number_opt(self.0, "SELECT balance AS n FROM accounts WHERE tenant_id = $1", vals![tenant.0]).await?.map(Money))
    }

    /// A page of a tenant's lines, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lines(&self, scope: &Scope, tenant: TenantId, page: &PageRequest) -> Result<Page<LedgerLine>> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            entry_id: i64,
            kind: String,
            amount: i64,
            memo: String,
            actor: Option<i64>,
            created_at: i64,
        }
        let mut filter = Where::default();
        filter.and("a.tenant_id = {}", tenant.0).scope("a.tenant_id", scope).and_if("l.id < {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT l.id, l.entry_id, e.kind, l.amount, e.memo, e.actor, e.created_at FROM ledger_lines l \
             JOIN accounts a ON a.id = l.account_id JOIN ledger_entries e ON e.id = l.entry_id{} ORDER BY l.id DESC LIMIT {limit}",
            filter.clause()
        );
        let found = rows::<Row, X>(self.0, &sql, filter.into_values()).await?;
        let page = Page::cut(found, page.limit, |r| Cursor { key: String::new(), id: r.id });
        Ok(page.map(|r| LedgerLine {
            entry: LedgerEntryId(r.entry_id),
            kind: r.kind,
            tenant,
            amount: Money(r.amount),
            memo: r.memo,
            actor: r.actor.map(UserId),
            created_at: Timestamp(r.created_at),
        }))
    }

    /// Whether every balance is the sum of its lines and all lines add up to nothing; for `doctor` and tests.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consistent(&self) -> Result<bool> {
        let sql = "SELECT COUNT(*) AS n FROM accounts a WHERE a.balance <> \
            (SELECT CAST(COALESCE(SUM(l.amount), 0) AS BIGINT) FROM ledger_lines l WHERE l.account_id = a.id)";
        let wrong = number(self.0, sql, vals![]).await?;
        let sum = number(self.0, "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS n FROM ledger_lines", vals![]).await?;
        Ok(wrong == 0 && sum == 0)
    }
}

impl Accounts<'_, Tx> {
    async fn ensure(&self, tenant: Option<TenantId>, name: &str) -> Result<i64> {
        let sql = "INSERT INTO accounts (tenant_id, tenant_uid, created_at) VALUES ($1, $2, $3) ON CONFLICT (tenant_uid) DO NOTHING";
        exec(self.0, sql, vals![tenant.map(|t| t.0), name, self.0.clock().now().0]).await?;
        number(self.0, "SELECT id AS n FROM accounts WHERE tenant_uid = $1", vals![name]).await
    }

    /// Books `amount` into (or, negative, out of) a tenant's account, which is made when there is none.
    ///
    /// # Errors
    /// [`ErrorKind::BalanceTooLow`] when more would go out than is in it, unless it is of a kind that may go into debt.
    pub async fn book(&self, tenant: TenantId, kind: EntryKind, amount: Money, memo: &str, actor: Option<UserId>) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Name {
            uid: String,
        }
        let name = crate::sql::row::<Name, Tx>(self.0, "SELECT uid FROM tenants WHERE id = $1", vals![tenant.0]).await?;
        let name = name.ok_or_else(|| Error::internal("no such tenant"))?.uid;
        let account = self.ensure(Some(tenant), &name).await?;
        if amount == Money::ZERO {
            return Ok(());
        }
        let sql = "UPDATE accounts SET balance = balance + $1, warned = CASE WHEN $1 > 0 AND balance + $1 > 0 THEN '' ELSE warned END \
            WHERE id = $2 AND ($1 >= 0 OR balance + $1 >= 0 OR $3)";
        if exec(self.0, sql, vals![amount.0, account, kind.may_go_into_debt()]).await? == 0 {
            let balance = self.balance(tenant).await?.unwrap_or_default();
            return Err(Error::new(
                ErrorKind::BalanceTooLow,
                format!("the balance is {balance}, and {} are needed: recharge the account first", -amount),
            ));
        }
        self.0.touch(ObjectKind::Tenant, tenant.0);
        self.write(account, kind, amount, memo, actor).await?;
        if amount > Money::ZERO {
            self.0.usage().resume(tenant).await?;
        }
        Ok(())
    }

    /// Opens an account for each of these tenants that has none.
    pub(crate) async fn open_all(&self, tenants: &[i64]) -> Result<()> {
        if tenants.is_empty() {
            return Ok(());
        }
        let mut filter = Where::default();
        let now = filter.value(self.0.clock().now().0);
        filter.any("id", tenants.iter().copied());
        let (clause, values) = filter.build();
        let sql = format!(
            "INSERT INTO accounts (tenant_id, tenant_uid, created_at) SELECT id, uid, CAST({now} AS BIGINT) FROM tenants{clause} \
             ON CONFLICT (tenant_uid) DO NOTHING"
        );
        exec(self.0, &sql, values).await.map(|_| ())
    }

    /// Books what was used out of accounts whose rows are locked, an entry for each, in five statements however many they are. They may go
    /// into debt by it. Answers how much was taken out of each.
    pub(crate) async fn debit_all(&self, debits: &[Debit]) -> Result<BTreeMap<i64, Money>> {
        #[derive(FromQueryResult)]
        struct Entry {
            id: i64,
            memo: String,
        }
        let platform = self.ensure(None, PLATFORM).await?;
        let (now, mut entries, mut taken) = (self.0.clock().now().0, Rows::default(), BTreeMap::<i64, Money>::new());
        for debit in debits {
            entries.push(vals![EntryKind::Usage.name(), debit.memo.as_str(), now]);
            let total = taken.entry(debit.account).or_default();
            *total = *total + debit.amount;
        }
        let (places, values) = entries.build();
        let sql = format!("INSERT INTO ledger_entries (kind, memo, created_at) VALUES {places} RETURNING id, memo");
        // entries with the same memo are alike: each stands for any of its debits
        let mut ids = BTreeMap::<String, Vec<i64>>::new();
        for entry in rows::<Entry, Tx>(self.0, &sql, values).await? {
            ids.entry(entry.memo).or_default().push(entry.id);
        }
        let mut lines = Rows::default();
        for debit in debits {
            let entry = ids.get_mut(&debit.memo).and_then(Vec::pop).ok_or_else(|| Error::internal("an entry was not written"))?;
            lines.push(vals![entry, debit.account, -debit.amount.0]);
            lines.push(vals![entry, platform, debit.amount.0]);
        }
        let (places, values) = lines.build();
        exec(self.0, &format!("INSERT INTO ledger_lines (entry_id, account_id, amount) VALUES {places}"), values).await?;
        let mut filter = Where::default();
        let mut cases = String::new();
        for (account, amount) in &taken {
            let (account, amount) = (filter.value(*account), filter.value(amount.0));
            let _ = write!(cases, " WHEN {account} THEN CAST({amount} AS BIGINT)");
        }
        filter.any("id", taken.keys().copied());
        let (clause, values) = filter.build();
        exec(self.0, &format!("UPDATE accounts SET balance = balance - CASE id{cases} END{clause}"), values).await?;
        // whoever books locks the platform's account last
        let all: i64 = taken.values().map(|amount| amount.0).sum();
        exec(self.0, "UPDATE accounts SET balance = balance + $1 WHERE id = $2", vals![all, platform]).await?;
        Ok(taken)
    }

    async fn write(&self, account: i64, kind: EntryKind, amount: Money, memo: &str, actor: Option<UserId>) -> Result<()> {
        let platform = self.ensure(None, PLATFORM).await?;
        let now = self.0.clock().now().0;
        let sql = "INSERT INTO ledger_entries (kind, memo, actor, created_at) VALUES ($1, $2, $3, $4) RETURNING id AS n";
        let entry = number(self.0, sql, vals![kind.name(), memo, actor.map(|a| a.0), now]).await?;
        let sql = "INSERT INTO ledger_lines (entry_id, account_id, amount) VALUES ($1, $2, $3), ($1, $4, $5)";
        exec(self.0, sql, vals![entry, account, amount.0, platform, -amount.0]).await?;
        exec(self.0, "UPDATE accounts SET balance = balance - $1 WHERE id = $2", vals![amount.0, platform]).await?;
        Ok(())
    }

    /// Makes the account with a gift in it when there is none; answers whether it did.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_with_gift(&self, tenant: TenantId, gift: Money, memo: &str) -> Result<bool> {
        if self.balance(tenant).await?.is_some() {
            return Ok(false);
        }
        self.book(tenant, EntryKind::Gift, gift, memo, None).await?;
        Ok(true)
    }

    /// Sets the balance; the difference is booked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_balance(&self, tenant: TenantId, balance: Money, memo: &str, actor: UserId) -> Result<()> {
        // a booking of nothing makes the account and locks its row, so that the difference is to what is there
        self.book(tenant, EntryKind::Adjustment, Money::ZERO, memo, Some(actor)).await?;
        exec(self.0, "UPDATE accounts SET balance = balance WHERE tenant_id = $1", vals![tenant.0]).await?;
        let present = self.balance(tenant).await?.unwrap_or_default();
        self.book(tenant, EntryKind::Adjustment, balance - present, memo, Some(actor)).await
    }

    /// Closes a tenant's account: what it owes is booked where its usage is paid, what is left (or missing) goes to the platform, the lines
    /// stay.
    pub(crate) async fn close(&self, tenant: TenantId) -> Result<()> {
        let owed = self.0.usage().settle(tenant).await?;
        if owed > Money::ZERO {
            let payer = self.0.usage().payer(tenant).await?;
            let memo = if payer == tenant { "usage until the end".to_owned() } else { format!("usage of tenant {tenant} until its end") };
            self.book(payer, EntryKind::Usage, -owed, &memo, None).await?;
        }
        if let Some(balance) = self.balance(tenant).await? {
            if balance != Money::ZERO {
                self.book(tenant, EntryKind::Closing, -balance, "the tenant was closed", None).await?;
            }
            exec(self.0, "UPDATE accounts SET tenant_id = NULL WHERE tenant_id = $1", vals![tenant.0]).await?;
        }
        Ok(())
    }
}
