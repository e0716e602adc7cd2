-- One row per web domain that exactly one live Account is verified for; a domain that two Accounts share is
-- left out here, and left to the target, which sets it aside as ambiguous instead of guessing.
select
    d.domain,
    min(a.id) as account_id,
    min(a.name) as account_name,
    min(a.industry) as industry,
    max(a.numberofemployees) as employees
from {{ source('salesforce', 'account_domain') }} as d
inner join {{ source('salesforce', 'account') }} as a on a.id = d.accountid
where d.status = 'verified' and not a.isdeleted
group by d.domain
having count(*) = 1
