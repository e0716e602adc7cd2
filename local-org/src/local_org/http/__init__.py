"""The HTTP door of a local org.

=============  ==============================================================
module         what is in it
=============  ==============================================================
`messages`     `Request`, `Response`, `Headers`, `ApiError`: what a handler sees and gives
`router`       `Routes` (the decorators of one API module) and `Router` (all of them together)
=============  ==============================================================

An API module looks like this::

    from local_org.http import Request, Response, Routes

    routes = Routes()

    @routes.get("/services/data/v{version}/analytics/reports/{id}")
    def run_report(request: Request) -> Response:
        return Response.json(request.org.reports.run(request.params["id"], request.user))
"""

from local_org.http.messages import ApiError, Headers, Refusal, Request, Response
from local_org.http.router import Route, Router, Routes

__all__ = ["ApiError", "Headers", "Refusal", "Request", "Response", "Route", "Router", "Routes"]
