-- What each kind of event is worth. The weights are the marketing team's, so they live in one place.
select
    e.domain,
    e.occurred_at,
    e.topic,
    case e.kind
        when 'page_view' then 1
        when 'ad_click' then 3
        when 'pricing_page' then 5
        when 'webinar' then 12
        when 'demo_request' then 25
        else 0
    end as points
from {{ source('events', 'web_and_ads') }} as e
where e.domain is not null
