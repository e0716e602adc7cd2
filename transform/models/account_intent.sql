{{ config(materialized='external', format='json', location=env_var('REVERSE_ETL_PATH') ~ '/account_intent.jsonl') }}
-- Intent: how much of a company's activity goes to product topics, and which three topics lead.
with topics as (
    select domain, topic, sum(points) as points,
        row_number() over (partition by domain order by sum(points) desc, topic) as place
    from {{ ref('scored_events') }}
    where topic is not null
    group by domain, topic
)
select
    domain,
    least(round(sum(points) / 2.0, 2), 100)::double as intent_score,
    string_agg(topic, ';' order by place) filter (where place <= 3) as intent_topics
from topics
group by domain
having sum(points) >= 5
order by domain
