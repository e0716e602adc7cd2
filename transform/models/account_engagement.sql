{{ config(materialized='external', format='json', location=env_var('REVERSE_ETL_PATH') ~ '/account_engagement.jsonl') }}
-- Engagement per company domain. Domains that no Account is verified for stay in: the target reports them as unmatched.
select
    domain,
    least(sum(points), 1000)::double as engagement_score,
    strftime(max(occurred_at), '%Y-%m-%dT%H:%M:%SZ') as last_engaged_at
from {{ ref('scored_events') }}
group by domain
order by domain
