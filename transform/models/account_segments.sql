{{ config(materialized='external', format='json', location=env_var('REVERSE_ETL_PATH') ~ '/account_segments.jsonl') }}
-- Which Accounts are in which segment today. The whole set, each time: the target mirrors it.
with pipeline as (
    select
        accountid as account_id,
        count(*) filter (where not isclosed) as open_opportunities,
        count(*) filter (where iswon) as won_opportunities
    from {{ source('salesforce', 'opportunity') }}
    where not isdeleted
    group by accountid
),

facts as (
    select
        v.account_id,
        v.domain,
        v.employees,
        coalesce(e.engagement_score, 0) as engagement_score,
        coalesce(i.intent_score, 0) as intent_score,
        coalesce(p.open_opportunities, 0) as open_opportunities,
        coalesce(p.won_opportunities, 0) as won_opportunities
    from {{ ref('verified_accounts') }} as v
    left join {{ ref('account_engagement') }} as e on e.domain = v.domain
    left join {{ ref('account_intent') }} as i on i.domain = v.domain
    left join pipeline as p on p.account_id = v.account_id
)

select account_id, domain, 'high_intent' as segment_id, 'High intent' as segment_name, 'active' as status
from facts where intent_score >= 30
union all
select account_id, domain, 'engaged_enterprise', 'Engaged enterprise', 'active'
from facts where engagement_score >= 20 and employees >= 1000
union all
select account_id, domain, 'expansion', 'Expansion: customers who look again', 'active'
from facts where won_opportunities > 0 and engagement_score >= 10
union all
select account_id, domain, 'silent_pipeline', 'Open pipeline, no engagement', 'active'
from facts where open_opportunities > 0 and engagement_score = 0
order by account_id, segment_id
