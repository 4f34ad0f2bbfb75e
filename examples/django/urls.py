"""Which view answers which address."""

import views
from django.urls import path

urlpatterns = [
    path("", views.home),
    path("account", views.account),
    path("teams/<slug:slug>", views.Team.as_view()),
    path("sign-out", views.sign_out),
    path("api/example", views.example),
    path("api/team", views.team_api),
]
